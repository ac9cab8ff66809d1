"""A service that is away: the 503 of the requests that need it, and one line a minute in the log, not one a call.

>>> import logging
>>> from armillary.concurrency.outages import OutageLog
>>> outages = OutageLog(logging.getLogger("shop"))
>>> outages.warn("Redis at 127.0.0.1:6379 cannot be reached: connection refused")
"""

from __future__ import annotations

import logging
import time

from armillary.asgi_types import HTTPException

__all__ = ["OutageLog", "Unavailable", "reason_of"]

SILENT_SECONDS = 60.0


def reason_of(exc: BaseException) -> str:
    """Return what an error of a library says; not all of them say anything.

    >>> reason_of(TimeoutError())
    'no response in time'
    """
    return str(exc).strip() or ("no response in time" if isinstance(exc, TimeoutError) else type(exc).__name__)


class Unavailable(HTTPException):
    """A service cannot be reached, or did not respond in time; becomes a 503.

    Args:
        detail: a sentence for the client, without an address.
        reason: what is wrong, with the service's address; for the log and for who starts the program.
        retry_after: seconds after which the client may try again, sent as `Retry-After`; 5 by default.

    >>> error = Unavailable("The shop is closed", "Redis at 127.0.0.1:6379 cannot be reached: connection refused")
    >>> error.detail, error.headers
    ('The shop is closed', {'retry-after': '5'})
    """

    def __init__(self, detail: str, reason: str, retry_after: int = 5) -> None:
        super().__init__(503, detail, {"retry-after": str(retry_after)})
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
