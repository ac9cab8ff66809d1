"""What may be a key of a table of exception handlers."""

from __future__ import annotations

from typing import Any


def check_exception_handler(key: Any, handler: Any) -> Any:
    """Return a key of a handler table, or say what is wrong with it or its handler.

    Args:
        key: a status code or an exception class.
        handler: what is to be called.

    Raises:
        TypeError: the key is neither a status code nor an exception class, or the handler is not callable.
        ValueError: the status code is not in 100 to 599.

    >>> check_exception_handler(404, print)
    404
    """
    if not callable(handler):
        raise TypeError(f"The exception handler for {key!r} must be a function, got {handler!r}")
    if isinstance(key, int) and not isinstance(key, bool):
        if not 100 <= key <= 599:
            raise ValueError(f"exception_handlers: {key} is not an HTTP status code; use 100 to 599")
        return key
    if isinstance(key, type) and issubclass(key, BaseException):
        if not issubclass(key, Exception):
            raise TypeError(f"exception_handlers: {key.__name__} must not be handled; register a subclass of Exception")
        return key
    raise TypeError(f"exception_handlers: a key is a status code or an exception class, got {key!r}")
