"""Checks of the exception handlers that an application is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from armillary.asgi_types import describe_function, signature_of


def handler_table(handlers: Mapping[Any, Any] | None) -> Mapping[Any, Any]:
    """Return the argument `exception_handlers`; `TypeError` for what is no mapping."""
    if not isinstance(handlers, Mapping | None):
        raise TypeError(f"exception_handlers takes a dict, got {handlers!r}; write {{404: not_found}}")
    return handlers or {}


def check_handler_parameters(key: Any, handler: Any) -> None:
    """Raise TypeError for a handler that cannot be called with a request and an exception."""

    try:
        taken = signature_of(handler)
    except (TypeError, ValueError):  # a built-in function that does not say what it takes
        return
    try:
        taken.bind(None, None)
    except TypeError as exc:
        shown = getattr(key, "__name__", key)
        raise TypeError(
            f"the exception handler {describe_function(handler)} for {shown} is called with a request and the "
            f"exception, and takes {taken}: {exc}; write def {getattr(handler, '__name__', 'handle')}(request, exc)"
        ) from None
