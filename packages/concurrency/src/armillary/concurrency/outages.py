"""What is logged while a service is away, by parts that respond with 503 meanwhile: one line a minute, not one a call.

>>> import logging
>>> from armillary.concurrency.outages import OutageLog
>>> outages = OutageLog(logging.getLogger("shop"))
>>> outages.warn("Redis at 127.0.0.1:6379 cannot be reached: connection refused")
"""

from __future__ import annotations

import logging
import time

__all__ = ["OutageLog"]

SILENT_SECONDS = 60.0


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
