"""The middleware of an application: what it is made of, and what is around one route."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple


class MiddlewareEntry(NamedTuple):
    """A middleware of an application, with the values of its parameters.

    Attributes:
        name: of its class or function.
        factory: the class or function.
        arguments: the values of its parameters by their names, defaults included.
    """

    name: str
    factory: Any
    arguments: dict[str, Any]


def application_middleware(app: Any) -> list[MiddlewareEntry]:
    """Return the middleware an application was constructed with, the outermost first."""
    return [_entry(item) for item in getattr(app, "user_middleware", ())]


def has_middleware(app: Any, name: str) -> bool:
    """Return whether an application has a middleware of this name."""
    return any(entry.name == name for entry in application_middleware(app))


def layers(app: Any, innermost: Any) -> Iterator[Any]:
    """Yield the layers around an endpoint, the outermost first: each keeps what it wraps as `app`."""
    seen: set[int] = set()
    while app is not None and app is not innermost and id(app) not in seen:
        seen.add(id(app))
        inner = getattr(app, "app", None)
        if inner is None or inspect.isroutine(app):
            return
        yield app
        app = inner


def _entry(item: Any) -> MiddlewareEntry:
    factory, args, kwargs = item
    name = str(getattr(factory, "__name__", type(factory).__name__))
    try:
        bound = inspect.signature(factory).bind(None, *args, **kwargs)
    except (TypeError, ValueError, NameError):  # an annotation that CPython 3.14 evaluates now
        return MiddlewareEntry(name, factory, dict(kwargs))
    bound.apply_defaults()
    return MiddlewareEntry(name, factory, dict(bound.arguments))
