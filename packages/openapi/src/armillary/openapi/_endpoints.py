"""The operations of a list of routes, including those of mounts and hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from armillary.asgi_types import is_plain_function
from armillary.routing import BaseRoute, Host, Mount, Route, WebSocketRoute

MAX_LAYERS = 64
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
CONVERTOR = re.compile(r"(?<=\{)([^{}:]+):[^{}]+(?=})")


class EndpointInfo(NamedTuple):
    """One operation.

    Attributes:
        path: with the paths of its mounts and without convertors, such as "/users/{id}".
        http_method: lower-case.
        func: the function or method that handles it.
        convertors: the convertors of the path's parameters, by name.
    """

    path: str
    http_method: str
    func: Callable[..., Any]
    convertors: Mapping[str, Any] = {}


class FoundRoute(NamedTuple):
    """A route of functions or of an application, wherever it is mounted.

    Attributes:
        path: with the paths of its mounts and without convertors.
        route: the route itself.
        convertors: those of its own path and of the mounts', by parameter.
        guards: what the dependencies of the routers and mounts around it, and of an application, take: the
            `guard_signature` of each.
    """

    path: str
    route: Any
    convertors: Mapping[str, Any]
    guards: tuple[Any, ...] = ()


def find_routes(
    routes: Iterable[BaseRoute],
    prefix: str = "",
    above: Mapping[str, Any] | None = None,
    guards: tuple[Any, ...] = (),
    kinds: tuple[type[BaseRoute], ...] = (Route,),
) -> Iterator[FoundRoute]:
    """Yield every route of these kinds to include in the schema, those below mounts and hosts too."""
    known = dict(above or {})
    for route in routes:
        if isinstance(route, Mount):
            path = prefix + without_convertors(route.path)
            below = (*guards, *guards_of(route.app))
            yield from find_routes(route.routes or (), path, {**known, **route.param_convertors}, below, kinds)
        elif isinstance(route, Host):
            yield from find_routes(route.routes or (), prefix, known, (*guards, *guards_of(route.app)), kinds)
        elif isinstance(route, kinds) and getattr(route, "include_in_schema", True):
            assert isinstance(route, Route | WebSocketRoute)
            path = prefix + without_convertors(route.path)
            own = (*guards, *guards_of(route.app))
            yield FoundRoute(path, route, {**known, **route.param_convertors}, own)


def guards_of(app: Any) -> Iterator[Any]:
    """Yield what the dependencies around an application, a router or what is inside its middleware take."""
    for _ in range(MAX_LAYERS):
        if app is None:
            return
        router = getattr(app, "router", app)
        for candidate in (app, getattr(router, "guard", None)):
            signature = getattr(candidate, "guard_signature", None)
            if signature is not None:
                yield signature
        app = getattr(app, "app", None)


def find_endpoints(routes: Iterable[BaseRoute]) -> Iterator[EndpointInfo]:
    """Yield every operation to include in the schema; HEAD is left out."""
    for found in find_routes(routes):
        for method, func in operations(found.route):
            yield EndpointInfo(found.path, method, func, found.convertors)


def operations(route: Route) -> Iterator[tuple[str, Callable[..., Any]]]:
    endpoint: Any = route.endpoint
    if is_plain_function(endpoint):
        for method in sorted(route.methods or ("GET",)):
            if method != "HEAD":
                yield method.lower(), endpoint
        return
    for method in METHODS:
        handler = getattr(endpoint, method, None)
        if callable(handler) and (not route.methods or method.upper() in route.methods):
            yield method, handler


@lru_cache(4096)
def without_convertors(path: str) -> str:
    """Return "/users/{id}" for "/users/{id:int}"."""
    return CONVERTOR.sub(r"\1", path)
