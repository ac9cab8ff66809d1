"""Checks of the middleware that an application is given."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

from armillary.asgi_types import Middleware


def listed_middleware(middleware: Any) -> Iterable[Any]:
    """Return the items of the argument `middleware`; `TypeError` for one that stands alone."""
    if isinstance(middleware, Middleware):
        raise TypeError(f"middleware takes a list, got {middleware!r}; write [{middleware!r}]")
    return middleware or ()


def checked_middleware(item: Any) -> Any:
    """Return a `Middleware`.

    Raises:
        TypeError: it is a class, an instance or anything else, or its class does not take its arguments.
    """
    cls: Any = None
    args: Any = ()
    kwargs: Any = {}
    try:
        cls, args, kwargs = item
    except (TypeError, ValueError):
        pass
    if not callable(cls):
        if isinstance(item, type):
            hint = f"write Middleware({item.__name__})"
        elif callable(item):
            hint = f"give the class and its arguments, not an instance: write Middleware({type(item).__name__}, ...)"
        else:
            hint = "write Middleware(TheClass, ...)"
        raise TypeError(f"middleware takes Middleware(cls, ...) objects, got {item!r}; {hint}")
    try:
        taken = inspect.signature(cls)
    except (TypeError, ValueError):
        return item
    try:
        taken.bind(None, *args, **kwargs)
    except TypeError as exc:
        names = ", ".join(list(taken.parameters)[1:]) or "nothing"
        raise TypeError(f"{item!r}: {exc}; beside the application it takes {names}") from None
    return item
