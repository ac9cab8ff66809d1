"""Which injected function is the endpoint that a route calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from types import MethodType
from typing import Any

from armillary.asgi_types import Scope

_WEBSOCKET_METHODS = ("on_connect", "on_receive", "on_disconnect")
# What leads from a decorated function, from an application made of a function, and from a middleware to what is inside.
_INNER_ATTRIBUTES = ("__wrapped__", "endpoint", "app")


def is_called_endpoint(call: Callable[..., Any], scope: Scope) -> bool:
    """Return whether an injected function is what the route of this connection calls.

    It is if the scope's endpoint is the function, a decorator's wrapper of it (made by `functools.wraps`), a
    partial or a bound method of it, a class with a method for this request, or an application made of one of these.

    Args:
        call: the function that `inject` returned.
        scope: the connection's, with the endpoint that the router found.
    """
    endpoint: Any = scope.get("endpoint")
    return endpoint is call or any(step is call for step in _steps_inside(endpoint, scope))


def _steps_inside(endpoint: Any, scope: Scope) -> Iterator[Any]:
    """Yield an endpoint and, one layer after another, what it wraps."""
    seen: set[int] = set()
    while endpoint is not None and id(endpoint) not in seen:
        yield endpoint
        seen.add(id(endpoint))
        if isinstance(endpoint, type):
            for name in _method_names(scope):
                yield from _steps_inside(getattr(endpoint, name, None), scope)
            return
        if isinstance(endpoint, partial):
            endpoint = endpoint.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        elif isinstance(endpoint, MethodType):
            endpoint = endpoint.__func__
        else:
            found = (getattr(endpoint, name, None) for name in _INNER_ATTRIBUTES)
            endpoint = next((inner for inner in found if inner is not None), None)


def _method_names(scope: Scope) -> tuple[str, ...]:
    """Return the methods of a class endpoint that handle this connection."""
    if scope["type"] == "websocket":
        return _WEBSOCKET_METHODS
    method: str = scope["method"].lower()
    return ("head", "get") if method == "head" else (method,)
