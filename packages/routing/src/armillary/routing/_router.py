"""The router: finds the route of each connection and hands the connection over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from armillary.asgi_types import RECORD_KEY, ASGIApp, HTTPException, Lifespan, Receive, Scope, Send, scope_record
from armillary.datastructures import URLPath
from armillary.exchange import has_registered_handlers

from ._base_route import BaseRoute, MiddlewareList, add_routing_keys, checked_callable, extended_scope, wrap
from ._body_limit import Limit, limited
from ._children import ScopedApp
from ._fallback_responses import MethodNotAllowed, Options, Redirect, send_not_found
from ._host import Host, requested_host
from ._index import CUSTOM, HOST, LEAF, MOUNT, Candidate, RouteTree
from ._lifespan import MountedLifespan, checked_lifespan, lifespan_with_mounts, serve_lifespan
from ._match import Match, NoMatchFound
from ._mount import Mount
from ._path_match import converted, record_match, record_template
from ._registration import Registration
from ._report import RouteReport, report
from ._route import Route
from ._route_list import RouteList
from ._route_path import (
    MOUNT_KEY,
    encode_path,
    get_route_path,
    get_segments_path,
    split_path,
    stay_on_host,
    without_prefix,
)
from ._websocket_route import WebSocketRoute


class Router(Registration):
    """Finds the route of each connection and hands the connection over.

    The first route that matches in full takes it. If none does and some match the path but
    not the method, the response is 405; else 404. The cost does not grow with the number of routes.

    Args:
        routes: tried in order. `router.routes` is a list and may be changed at any time.
        redirect_slashes: respond 307 if the path would match with or without a slash at its
            end, to a location on the same host.
        default: the application for what no route matches; by default 404, and close code 1000
            for WebSockets.
        lifespan: a function of the application returning an async context manager, entered
            before the first connection; the mapping it may yield becomes each connection's state.
        middleware: wrapped around the router, the first being outermost.
        max_body_size: bytes a request body may have, None for no limit; inherited by
            default.
        match_slashes: serve such a path by the route it would be redirected to.
        raw_path: match the path before percent-decoding, so that `%2F` can be inside a parameter.
        automatic_options: respond to OPTIONS, if no route does, with the methods of the path.

    >>> class Ping:
    ...     async def __call__(self, scope, receive, send): ...
    >>> router = Router([Route("/ping", Ping(), name="ping")])
    >>> router.url_path_for("ping")
    '/ping'
    """

    allow_union: ClassVar[bool] = True
    """Name in `Allow` the methods of all routes that share the path, not only the first's."""

    # For subclasses with another constructor.
    redirect_slashes: bool = True
    match_slashes: bool = False
    raw_path: bool = False
    automatic_options: bool = False

    mount_type: ClassVar[type[Mount]] = Mount
    host_type: ClassVar[type[Host]] = Host
    http_route_type: ClassVar[type[Route]] = Route
    websocket_route_type: ClassVar[type[WebSocketRoute]] = WebSocketRoute

    def __init__(
        self,
        routes: Iterable[BaseRoute] | None = None,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
        match_slashes: bool = False,
        raw_path: bool = False,
        automatic_options: bool = False,
    ) -> None:
        self.routes = RouteList(routes or ())
        self.redirect_slashes = redirect_slashes
        self.match_slashes = match_slashes
        self.raw_path = raw_path
        self.automatic_options = automatic_options
        self.default: ASGIApp = self.not_found if default is None else checked_callable(default, "default")
        self.lifespan_context: Any = self.lifespan_of(lifespan)
        self.middleware_stack = self.limited_app(wrap(self.app, middleware), max_body_size)

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order they are tried. Change the list as you like."""
        return self._routes

    @routes.setter
    def routes(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = routes if isinstance(routes, RouteList) else RouteList(routes)

    def lifespan_of(self, lifespan: Any) -> Any:
        """Return the lifespan context for the constructor's argument."""
        return checked_lifespan(lifespan)

    def limited_app(self, app: ASGIApp, limit: Limit) -> ASGIApp:
        """Return the application under the router's `max_body_size`."""
        return limited(app, limit, counts=True)

    def raises(self, scope: Scope) -> bool:
        """Return whether 404 is raised as `HTTPException` rather than sent."""
        return has_registered_handlers(scope)

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle what no route matches."""
        if scope["type"] == "http" and self.raises(scope):
            raise HTTPException(404)
        await send_not_found(scope, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.middleware_stack(scope, receive, send)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection inside the router's middleware."""
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
            return
        await self.select(scope)(scope, receive, send)

    # -- finding the route ---------------------------------------------------------------------

    def select(self, scope: Scope) -> ASGIApp:
        """Find the route of an HTTP or WebSocket connection.

        Writes `path_params`, `endpoint`, `route` and `router` into the scope and starts nothing.

        Args:
            scope: of type "http" or "websocket".

        Returns:
            The application to await with the same scope: the route's, or the response 404, 405,
            307, 204.
        """
        if "router" not in scope:
            scope["router"] = self
        elif not isinstance(scope["router"], Router):
            return self._select_isolated(scope)
        index = self._routes.compiled or self._routes.compile()
        if self.raw_path:
            path = get_segments_path(scope)
        elif scope.get("root_path"):
            path = get_route_path(scope)
        else:
            path = scope["path"]
        scope_type = scope["type"]
        if scope_type == "http":
            tree = index.http
            route = tree.exact.get(path)
            if route is not None:
                methods = route.methods
                if not methods or scope["method"] in methods:
                    if "path_params" in scope:
                        record_match(route, scope, {})
                    else:
                        scope["path_params"] = {}
                        scope["endpoint"] = route.endpoint
                        scope["route"] = route
                    return route.app  # type: ignore[no-any-return]
            elif tree.last_segments and not self.raw_path:
                prefix, slash, text = path.rpartition("/")
                simple = tree.last_segments.get(prefix)
                if simple is not None and slash and text and text not in simple.texts:
                    route, name, _ = simple
                    if not route.methods or scope["method"] in route.methods:
                        if "path_params" in scope:
                            record_match(route, scope, {name: text})
                        else:
                            scope["path_params"] = {name: text}
                            scope["endpoint"] = route.endpoint
                            scope["route"] = route
                        return route.app  # type: ignore[no-any-return]
        elif scope_type == "websocket":
            tree = index.websocket
        else:
            raise RuntimeError(f"A router serves http, websocket and lifespan scopes, got {scope_type!r}")
        candidates = tree.find(path)
        if tree.hosts:
            candidates = tree.add_host(candidates, requested_host(scope))
        found = self._try(scope, path, candidates) if candidates else None
        return found if found is not None else self._select_unmatched(scope, path, tree)

    def isolated_scope(self, scope: Scope) -> Scope:
        """Return the scope for our application below the router of another framework.

        That is a copy in which URLs are reversed from here on by the names of our own routes; the
        scope itself if the router in it is one of ours, or none.
        """
        if isinstance(scope.get("router", self), Router):
            return scope
        scope_record(scope)  # made here, so that the copy shares it
        below: Scope = {**scope, "app_root_path": scope.get("root_path", "")}
        del below["router"]
        return below

    def _select_isolated(self, scope: Scope) -> ASGIApp:
        below = self.isolated_scope(scope)
        app = self.select(below)
        add_routing_keys(scope, below)
        return ScopedApp(app, below)

    def _try(self, scope: Scope, path: str, candidates: Sequence[Candidate]) -> ASGIApp | None:
        """Return the application of the first full match, the 405 response, or None."""
        partial: list[tuple[Candidate, Any]] = []
        for candidate in candidates:
            route = candidate.route
            if candidate.kind == LEAF:
                found = candidate.match(path)
                if found is None:
                    continue
                if candidate.conversions or self.raw_path:
                    params = converted(found, path, candidate.conversions)
                    if params is None:
                        continue
                else:
                    params = found.groupdict()
                if candidate.any_method or not route.methods or scope["method"] in route.methods:
                    record_match(route, scope, params)
                    return route.app  # type: ignore[no-any-return]
                partial.append((candidate, params))
            elif candidate.kind == CUSTOM:
                match, child = route.matches(scope)
                if match is Match.FULL:
                    return _handled(route, scope, child)
                if match is Match.PARTIAL:
                    partial.append((candidate, child))
            else:
                app = route.enter(scope, requested_host(scope) if candidate.kind == HOST else path)
                if app is not None:
                    return app  # type: ignore[no-any-return]
        return self._select_partial(scope, partial) if partial else None

    def _select_partial(self, scope: Scope, partial: list[tuple[Candidate, Any]]) -> ASGIApp:
        """Return the application if routes match the path and none the method."""
        methods = {method for candidate, _ in partial for method in getattr(candidate.route, "methods", None) or ()}
        if self.automatic_options and scope.get("method") == "OPTIONS":
            return Options(methods)
        candidate, matched = partial[0]
        route = candidate.route
        if candidate.kind == CUSTOM:
            return _handled(route, scope, matched)
        record_match(route, scope, matched)
        return MethodNotAllowed(methods) if self.allow_union else route.handle

    def _select_unmatched(self, scope: Scope, path: str, tree: RouteTree) -> ASGIApp:
        """Return the application if no route matches the path."""
        if path == "/" or not (self.redirect_slashes or self.match_slashes):
            return self.default
        other = toggled_slash(path)
        if not other or (scope["type"] != "http" and not self.match_slashes):
            return self.default
        if self.match_slashes:
            return self._try(scope, other, tree.find(other)) or self.default
        return self.redirect(scope) if self._matches_any(scope, other, tree) else self.default

    def _matches_any(self, scope: Scope, path: str, tree: RouteTree) -> bool:
        """Return whether a route would match another path, in full or in part."""
        for candidate in tree.find(path):
            route = candidate.route
            if candidate.kind == LEAF:
                matched = candidate.params(path) is not None
            elif candidate.kind == MOUNT:
                matched = route.child_scope(scope, path) is not None
            else:
                matched = route.matches({**scope, "path": toggled_slash(scope["path"])})[0] is not Match.NONE
            if matched:
                return True
        return False

    def redirect(self, scope: Scope) -> ASGIApp:
        """Return the redirect to the same path with, or without, a slash at its end.

        The location is a path with the query, and never names a host (RFC 9110 section 10.2.2).
        """
        path = toggled_slash(split_path(scope))
        root_path: str = scope.get("app_root_path", scope.get("root_path", "")).rstrip("/")
        if without_prefix(path, root_path) is None:
            path = root_path + path
        location = stay_on_host(encode_path(path))
        query: bytes = scope.get("query_string", b"")
        if query:
            location += "?" + "".join([chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in query])
        return Redirect(location)

    # -- changing and reading the routes -------------------------------------------------------

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Iterable[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        *,
        middleware: MiddlewareList = None,
        max_body_size: Limit = ...,
    ) -> None:
        self.routes.append(
            self.http_route_type(
                path,
                endpoint,
                methods=methods,
                name=name,
                include_in_schema=include_in_schema,
                middleware=middleware,
                max_body_size=max_body_size,
            )
        )

    def add_websocket_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None = None,
        *,
        middleware: MiddlewareList = None,
    ) -> None:
        self.routes.append(self.websocket_route_type(path, endpoint, name=name, middleware=middleware))

    def mount(self, path: str, app: ASGIApp, name: str | None = None, **options: Any) -> None:
        """Append a `Mount`; arguments as there."""
        self.routes.append(self.mount_type(path, app, name=name, **options))

    def host(self, host: str, app: ASGIApp, name: str | None = None) -> None:
        """Append a `Host`; arguments as there."""
        self.routes.append(self.host_type(host, app, name))

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the first route with this name and these parameters.

        Args:
            name: the route's name, with those of its mounts as "api:users".
            **path_params: exactly the parameters of the route and of its mounts.

        Returns:
            The path, percent-encoded; decoding and matching it gives the same parameters.

        Raises:
            NoMatchFound: if no route has the name and the parameters.
            PathParameterError: for a value that its route would not match.
        """
        return self.find_url_path(name, path_params)

    def find_url_path(self, name: str, path_params: dict[str, Any]) -> URLPath:
        """Return what `url_path_for` does, for parameters in a mapping."""
        index = self._routes.compiled or self._routes.compile()
        for route in index.names.find(name):
            reverse = getattr(route, "reverse", None) if self.raw_path else None
            try:
                if reverse is not None:
                    path: URLPath = reverse(name, path_params, True)
                    return path
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                pass
        raise NoMatchFound(name, path_params)

    def explain(self) -> RouteReport:
        """Return what is odd about the routes: unreachable ones, overlaps, names used twice.

        >>> class Ping:
        ...     async def __call__(self, scope, receive, send): ...
        >>> print(Router([Route("/{name}", Ping()), Route("/me", Ping())]).explain())  # doctest: +ELLIPSIS
        Route(path='/me', ...) is never reached: Route(path='/{name}', ...) comes first and takes all of it
        """
        return RouteReport(report(self.routes))

    # -- lifespan ------------------------------------------------------------------------------

    def mounted_lifespans(self) -> list[MountedLifespan]:
        """Return the applications mounted with `lifespan=True`, outer and earlier ones first.

        Each application is listed once, wherever and however often it is mounted. Routers in
        between are looked through; what is mounted inside a listed application is left to it.
        """
        found: dict[int, MountedLifespan] = {}
        _collect_lifespans(self.routes, "", found)
        return list(found.values())

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the ASGI lifespan protocol for this router and the routers mounted with `lifespan=True`.

        If an application above runs the mounted lifespans, as its record says, only this router's.
        """
        app = scope.get("app", self)
        if "lifespan_apps" in (scope.get(RECORD_KEY) or ()):
            context = self.lifespan_context(app)
        else:
            context = lifespan_with_mounts(self, app, scope)
        await serve_lifespan(context, scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Router) and self.routes == other.routes

    __hash__ = None  # type: ignore[assignment]


Mount.router_type = Router


def _handled(route: Any, scope: Scope, child: Scope) -> ASGIApp:
    """Return the `handle` of a route that matched itself, bound to the scope it asked for."""
    is_expected = "path_params" in scope
    below = extended_scope(scope, child, in_place=getattr(route, "scope_in_place", False))
    if is_expected:
        record_template(below, "" if MOUNT_KEY in child else getattr(child.get("route", route), "path", ""))
    handle: ASGIApp = route.handle
    return handle if below is scope else ScopedApp(handle, below)


def toggled_slash(path: str) -> str:
    """Return the path with a slash at its end, or without any."""
    return path.rstrip("/") if path.endswith("/") else path + "/"


def _collect_lifespans(routes: Iterable[BaseRoute], prefix: str, found: dict[int, MountedLifespan]) -> None:
    for route in routes:
        if not isinstance(route, (Mount, Host)):
            continue
        app = route.base_app if isinstance(route, Mount) else route.app
        path = prefix + (route.path if isinstance(route, Mount) else "")
        if getattr(route, "runs_lifespan", False):
            found.setdefault(id(app), MountedLifespan(path, app))
        elif isinstance(app, Router):
            _collect_lifespans(app.routes, path, found)
