"""Reporting an exception, once for each connection.

The report goes to the logger `armillary.errors` when the program has configured logging. If it
has not, the server's own report of the re-raised exception is the only one, so that a traceback
is never printed twice.
"""

from __future__ import annotations

from armillary.asgi_types import Scope, scope_record

LOGGER_NAME = "armillary.errors"


def describe_connection(scope: Scope) -> str:
    """Name a connection on one printable line.

    >>> describe_connection({"type": "http", "method": "GET", "path": "/stars"})
    'GET /stars'
    """
    line = f"{scope.get('method', scope['type'])} {scope.get('root_path', '')}{scope.get('path', '')}"
    if scope.get("root_path") and scope.get("path", "").startswith(scope["root_path"]):
        line = f"{scope.get('method', scope['type'])} {scope['path']}"
    return line if line.isprintable() else ascii(line)


def report_once(scope: Scope, exc: BaseException, situation: str = "was not handled") -> bool:
    """Log an exception unless it was already logged for this connection.

    Args:
        scope: the connection's scope.
        exc: the exception.
        situation: what happened to it, as the end of a sentence.

    Returns:
        False when it had been reported before.
    """
    record = scope_record(scope)
    if record.get("reported_exception") is exc:
        return False
    record["reported_exception"] = exc
    import logging

    logger = logging.getLogger(LOGGER_NAME)
    if logger.hasHandlers():
        extra = {"request_id": record["request_id"]} if "request_id" in record else None
        logger.error(
            "%s %s on %s", type(exc).__name__, situation, describe_connection(scope), exc_info=exc, extra=extra
        )
    return True
