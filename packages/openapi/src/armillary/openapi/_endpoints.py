"""The operations of a list of routes, including those of mounts and hosts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, cast

from armillary.asgi_types import is_plain_function
from armillary.routing import BaseRoute, Host, Mount, Route, WebSocketRoute

MAX_LAYERS = 64
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
CONVERTOR = re.compile(r"(?<=\{)([^{}:]+):[^{}]+(?=})")


Schemes: TypeAlias = dict[str, dict[str, Any]]
"""Security Scheme Objects by name."""


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
        schemes: the security schemes of the backends of authentication next to it, in the middleware of a mounted
            application, of a mount or of the route; None if it has those of the whole.
    """

    path: str
    route: Any
    convertors: Mapping[str, Any]
    guards: tuple[Any, ...] = ()
    schemes: Schemes | None = None


def find_routes(
    routes: Iterable[BaseRoute],
    prefix: str = "",
    above: Mapping[str, Any] | None = None,
    guards: tuple[Any, ...] = (),
    kinds: tuple[type[BaseRoute], ...] = (Route,),
    schemes: Schemes | None = None,
) -> Iterator[FoundRoute]:
    """Yield every route of these kinds to include in the schema, those below mounts and hosts too."""
    known = dict(above or {})
    for route in routes:
        if isinstance(route, Mount):
            path = prefix + without_convertors(route.path)
            below = (*guards, *guards_of(route.app))
            own = schemes_around(route.app) or schemes
            yield from find_routes(route.routes or (), path, {**known, **route.param_convertors}, below, kinds, own)
        elif isinstance(route, Host):
            below = (*guards, *guards_of(route.app))
            own = schemes_around(route.app) or schemes
            yield from find_routes(route.routes or (), prefix, known, below, kinds, own)
        elif isinstance(route, kinds) and getattr(route, "include_in_schema", True):
            assert isinstance(route, Route | WebSocketRoute)
            path = prefix + without_convertors(route.path)
            around = (*guards, *guards_of(route.app))
            own = schemes_around(route.app) or schemes
            yield FoundRoute(path, route, {**known, **route.param_convertors}, around, own)


def guards_of(app: Any) -> Iterator[Any]:
    """Yield what the dependencies around an application, a router or what is inside its middleware take."""
    for layer in _layers(app):
        router = getattr(layer, "router", layer)
        for candidate in (layer, getattr(router, "guard", None)):
            signature = getattr(candidate, "guard_signature", None)
            if signature is not None:
                yield signature


def schemes_around(app: Any) -> Schemes | None:
    """Return the security schemes of the innermost backends of authentication around an application's routes.

    Middleware is any that has, or is given, a backend or a list of them; a backend is what has `security_schemes`.
    None if there is no backend.
    """
    found: Schemes | None = None
    for layer in _layers(app):
        for middleware in getattr(layer, "user_middleware", ()):
            found = _schemes_among((*middleware.args, *middleware.kwargs.values())) or found
        of_router = getattr(getattr(layer, "router", layer), "middleware_stack", None)
        for inner in (layer, *_layers(of_router)):
            found = _schemes_among(getattr(inner, "__dict__", {}).values()) or found
    return found


def _schemes_among(values: Iterable[Any]) -> Schemes:
    found: Schemes = {}
    for value in values:
        for backend in cast("Sequence[Any]", value) if isinstance(value, list | tuple) else (value,):
            given: Mapping[str, Mapping[str, Any]] = getattr(backend, "security_schemes", None) or {}
            found |= {name: dict(scheme) for name, scheme in given.items()}
    return found


def _layers(app: Any) -> Iterator[Any]:
    """Yield an application and those inside its middleware, the outermost first."""
    for _ in range(MAX_LAYERS):
        if app is None:
            return
        yield app
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
