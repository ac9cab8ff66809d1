"""Which handler handles an exception.

A table maps status codes and exception classes to handlers. For an `HTTPException` the status
code is looked up first; then the exception's classes from the nearest to `Exception`.
"""

from __future__ import annotations

from ._exceptions import HTTPException
from ._handler_types import ExceptionHandler, ExceptionHandlers


def find_exception_handler(handlers: ExceptionHandlers, exc: Exception) -> ExceptionHandler | None:
    """Return the handler for `exc`, or None.

    Args:
        handlers: status codes and exception classes to handlers.
        exc: the exception being handled.

    >>> find_exception_handler({LookupError: "handler"}, KeyError("x"))
    'handler'
    """
    if isinstance(exc, HTTPException):
        by_status = handlers.get(exc.status_code)
        if by_status is not None:
            return by_status
    for cls in type(exc).__mro__:
        by_class = handlers.get(cls)
        if by_class is not None:
            return by_class
    return None
