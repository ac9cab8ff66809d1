"""A service that is away: the 503 of the requests that need it, and one line a minute in the log, not one a call.

>>> import logging
>>> from armillary.concurrency.outages import OutageLog
>>> outages = OutageLog(logging.getLogger("shop"))
>>> outages.warn("Redis at 127.0.0.1:6379 cannot be reached: connection refused")
"""

from __future__ import annotations

import logging
import time
from typing import ClassVar, TypeVar

from armillary.asgi_types import HTTPException

__all__ = ["OutageLog", "Unavailable", "reason_of"]

SILENT_SECONDS = 60.0

UnavailableT = TypeVar("UnavailableT", bound="Unavailable")


def reason_of(exc: BaseException) -> str:
    """Return what an error of a library says; not all of them say anything.

    >>> reason_of(TimeoutError())
    'no response in time'
    """
    return str(exc).strip() or ("no response in time" if isinstance(exc, TimeoutError) else type(exc).__name__)


class Unavailable(HTTPException):
    """A service cannot be reached, or did not respond in time; becomes a 503. Each service has a subclass.

    Args:
        reason: what is wrong, with the service's address; for the log and for who starts the program.

    Attributes:
        sentence: for the client, without an address.
        retry_seconds: after which the client may try again, sent as `Retry-After`; 5 by default.

    >>> class ShopClosed(Unavailable):
    ...     sentence = "The shop is closed"
    >>> error = ShopClosed("Redis at 127.0.0.1:6379 cannot be reached: connection refused")
    >>> error.detail, error.headers
    ('The shop is closed', {'retry-after': '5'})
    """

    sentence: ClassVar[str] = "A service cannot be reached"
    retry_seconds: ClassVar[int] = 5

    def __init__(self, reason: str) -> None:
        super().__init__(503, self.sentence, {"retry-after": str(self.retry_seconds)})
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


class OutageLog:
    """Logs that one service is away, as warnings.

    Args:
        logger: what logs it.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._next = float("-inf")

    def warn(self, reason: str) -> None:
        """Log why the service is away, unless this was done in the last minute.

        Args:
            reason: a sentence with the service's address, without a password.
        """
        now = time.monotonic()
        if now >= self._next:
            self._next = now + SILENT_SECONDS
            self._logger.warning("%s", reason)

    def unavailable(self, kind: type[UnavailableT], what: str, exc: BaseException) -> UnavailableT:
        """Return the error for what a library raised, and log it: a 503 is not logged by who responds with it.

        Args:
            kind: the class of the error.
            what: which service cannot be used, with its address.
            exc: what the library raised.
        """
        error = kind(f"{what}: {reason_of(exc)}")
        self.warn(error.reason)
        return error
