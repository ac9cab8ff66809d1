"""One traceback for one exception.

An application logs an exception that it did not handle, responds with a 500, and raises the exception on, since a
server may want to know. Servers then print the traceback a second time.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

SERVER_LOGGERS: Final = frozenset({"uvicorn.error", "hypercorn.error"})

_LOGGED: Final = "_armillary_logged"


class RepeatedTracebackFilter(logging.Filter):
    """Leave out a server's report of an exception whose traceback the program has logged.

    Put it on a handler that the program's and the server's records both reach.

    >>> error = ValueError("x")
    >>> ours = logging.makeLogRecord({"name": "app", "exc_info": (ValueError, error, None)})
    >>> servers = logging.makeLogRecord({"name": "uvicorn.error", "exc_info": (ValueError, error, None)})
    >>> RepeatedTracebackFilter().filter(ours), RepeatedTracebackFilter().filter(servers)
    (True, False)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        exc = record.exc_info[1] if record.exc_info else None
        if exc is None:
            return True
        if record.name in SERVER_LOGGERS:
            return not getattr(exc, _LOGGED, False)
        with suppress(AttributeError):  # an exception with slots alone
            setattr(exc, _LOGGED, True)
        return True
