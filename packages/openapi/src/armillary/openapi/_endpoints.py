"""The operations of a list of routes, including those of mounts and hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from armillary.asgi_types import is_plain_function
from armillary.routing import BaseRoute, Host, Mount, Route

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
    """

    path: str
    route: Route
    convertors: Mapping[str, Any]


def find_routes(
    routes: Iterable[BaseRoute], prefix: str = "", above: Mapping[str, Any] | None = None
) -> Iterator[FoundRoute]:
    """Yield every route to include in the schema, those below mounts and hosts too."""
    known = dict(above or {})
    for route in routes:
        if isinstance(route, Mount):
            path = prefix + without_convertors(route.path)
            yield from find_routes(route.routes or (), path, {**known, **route.param_convertors})
        elif isinstance(route, Host):
            yield from find_routes(route.routes or (), prefix, known)
        elif isinstance(route, Route) and route.include_in_schema:
            path = prefix + without_convertors(route.path)
            yield FoundRoute(path, route, {**known, **route.param_convertors})


def find_endpoints(routes: Iterable[BaseRoute]) -> Iterator[EndpointInfo]:
    """Yield every operation to include in the schema; HEAD is left out."""
    for path, route, convertors in find_routes(routes):
        for method, func in operations(route):
            yield EndpointInfo(path, method, func, convertors)


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
