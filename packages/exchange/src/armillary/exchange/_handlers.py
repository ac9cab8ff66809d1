"""Which handler takes an exception, and where handlers are registered while a layer runs.

A table maps status codes and exception classes to handlers. For an `HTTPException` the handler of its status comes
first; then those of the exception's classes, from the nearest to `Exception`. An `HTTPException` of Starlette's, which
code written for that raises in one of our endpoints, is handled as one of ours.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from armillary.asgi_types import (
    ExceptionHandler,
    ExceptionHandlers,
    HTTPException,
    Scope,
    find_scope_record,
    scope_record,
)

_ABSENT: Final[Any] = object()


def check_exception_handler(key: Any, handler: Any) -> Any:
    """Return a key of a handler table, or raise for what is wrong with it or its handler.

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


def find_exception_handler(handlers: ExceptionHandlers | Mapping[Any, Any], exc: Exception) -> ExceptionHandler | None:
    """Return the handler for `exc`, or None.

    Args:
        handlers: status codes and exception classes to handlers.
        exc: the exception being handled.

    >>> find_exception_handler({LookupError: "handler"}, KeyError("x"))
    'handler'
    """
    native = native_exception(exc)
    if isinstance(native, HTTPException):
        by_status = handlers.get(native.status_code)
        if by_status is not None:
            return by_status
    classes: tuple[type, ...] = type(exc).__mro__
    if native is not exc:
        place = classes.index(Exception)
        classes = (*classes[:place], HTTPException, *classes[place:])
    for cls in classes:
        by_class = handlers.get(cls)
        if by_class is not None:
            return by_class
    return None


def native_exception(exc: Exception) -> Exception:
    """Return the `HTTPException` that one of the real Starlette stands for; any other exception as it is.

    >>> native_exception(KeyError("x"))
    KeyError('x')
    """
    if isinstance(exc, HTTPException):
        return exc
    foreign: Any = getattr(sys.modules.get("starlette.exceptions"), "HTTPException", None)
    if foreign is None or not isinstance(exc, foreign):
        return exc
    found: Any = exc
    return HTTPException(found.status_code, found.detail, found.headers)


def registered_handler(scope: Scope, exc: Exception) -> ExceptionHandler | None:
    """Return the handler that a layer around registered for `exc`, or None."""
    record = find_scope_record(scope)
    handlers = None if record is None else record.get("exception_handlers")
    return None if handlers is None else find_exception_handler(handlers, exc)


def has_registered_handlers(scope: Scope) -> bool:
    """Return whether a layer around renders exceptions by handlers of its own."""
    record = find_scope_record(scope)
    return record is not None and bool(record.get("exception_handlers"))


def register_handlers(scope: Scope, handlers: Any) -> Any:
    """Make handlers known to the parts inside a layer, and return what `restore_handlers` takes when it is left.

    >>> scope = {"type": "http"}
    >>> outer = register_handlers(scope, {LookupError: print})
    >>> has_registered_handlers(scope)
    True
    >>> restore_handlers(scope, outer)
    >>> has_registered_handlers(scope)
    False
    """
    record = scope_record(scope)
    outer = record.get("exception_handlers", _ABSENT)
    record["exception_handlers"] = handlers
    return outer


def restore_handlers(scope: Scope, outer: Any) -> None:
    """Put back the handlers that there were before `register_handlers`, also if there were none."""
    record = scope_record(scope)
    if outer is _ABSENT:
        record.pop("exception_handlers", None)
    else:
        record["exception_handlers"] = outer
