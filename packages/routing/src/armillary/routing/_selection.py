"""Finding the application of a connection: the route's, or a response of routing itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TypeAlias

from armillary.asgi_types import RECORD_KEY, ASGIApp, Scope
from armillary.datastructures import get_route_path, path_below

from ._base_route import BaseRoute
from ._candidate import CUSTOM, HOST, Candidate
from ._fallback_responses import MethodNotAllowed, Options, Redirect, allow_value
from ._host import requested_name
from ._match import Match
from ._matched_scope import ScopedApp, add_routing_keys, extended_scope, record_match, record_template, scope_below
from ._path_text import ENCODED_SLASH, decoded, encode_path, stay_on_host, toggled_slash
from ._policy import RoutingPolicy
from ._route_list import RouteList
from ._scope_path import MOUNT_KEY, get_segments_path, split_path, toggled_path

Partial: TypeAlias = tuple[Candidate, Any]
"""A candidate that matches the path and not the method, and its parameters; of a custom route, its child scope."""


class Selection(RoutingPolicy):
    """Finds the application of a connection among routes."""

    route_list_type: ClassVar[type[RouteList]] = RouteList

    # For subclasses with another constructor.
    redirect_slashes: bool = True
    match_slashes: bool = False
    raw_path: bool = False
    automatic_options: bool = False

    default: ASGIApp
    _routes: RouteList

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, in the order they are tried. Change the list as you like."""
        return self._routes

    @routes.setter
    def routes(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = routes if isinstance(routes, RouteList) else self.route_list_type(routes)

    def select(self, scope: Scope, rest: str | None = None) -> ASGIApp:
        """Find the route of an HTTP or WebSocket connection.

        Writes `path_params`, `endpoint`, `route` and `router` into the scope and starts nothing.

        Args:
            scope: of type "http" or "websocket".
            rest: the path below the root path, from a mount that made this scope for this call alone; by default it is
                read from the scope.

        Returns:
            The application to await with the same scope: the route's, or the response 404, 405,
            307, 204.
        """
        # Step 1: URLs are reversed by the outermost of our routers.
        is_own = rest is not None
        if "router" not in scope:
            scope["router"] = self
        elif not is_own and not isinstance(scope["router"], Selection):
            below = self.isolated_scope(scope)
            return self._scoped(self.select(below), scope, below)
        # Step 2: the path below the root path.
        if self.raw_path:
            path = get_segments_path(scope)
        elif rest is not None:
            path = decoded(rest) if ENCODED_SLASH in rest else rest
        elif scope.get("root_path"):
            path = get_route_path(scope)
        else:
            path = scope["path"]
        # Step 3: most requests lead to routes that need no more than their parameters to be read.
        index = self._routes.compiled or self._routes.compile()
        kind = scope["type"]
        if kind == "http":
            tree = index.http
            app = None if self.raw_path and ENCODED_SLASH in path else tree.lookup(scope, path, self.default, is_own)
            if app is not None:
                return app
        elif kind == "websocket":
            tree = index.websocket
        else:
            raise self.scope_error(f"A router serves http, websocket and lifespan scopes, got {kind!r}")
        # Step 4: else the routes that can match are tried in their order.
        candidates = tree.find_with_host(path, requested_name(scope)) if tree.hosts else tree.find(path)
        app = self._try(scope, path, candidates) if candidates else None
        if app is not None:
            return app
        # Step 5: nothing matches the path; perhaps something matches it with or without a slash at its end.
        other = toggled_slash(path)
        is_redirected = self.redirect_slashes and kind == "http"
        if path == "/" or not other or not (self.match_slashes or is_redirected):
            return self.default
        candidates = tree.find(other)
        return self._select_toggled(scope, other, candidates) if candidates else self.default

    def isolated_scope(self, scope: Scope) -> Scope:
        """Return the scope for our application below the router of another framework.

        That is a copy in which URLs are reversed from here on by the names of our own routes; the
        scope itself if the router in it is one of ours, or none.
        """
        if isinstance(scope.get("router", self), Selection):
            return scope
        below = scope_below(scope, {"app_root_path": scope.get("root_path", "")})
        del below["router"]
        return below

    @staticmethod
    def _scoped(app: ASGIApp, scope: Scope, below: Scope) -> ASGIApp:
        """Return an application that was selected for a copy of the scope."""
        add_routing_keys(scope, below)
        return ScopedApp(app, below)

    def _try(self, scope: Scope, path: str, candidates: Sequence[Candidate]) -> ASGIApp | None:
        """Return the application of the first full match, the response if there are partial ones alone, or None."""
        method = scope.get("method")
        partial: list[Partial] = []
        for candidate in candidates:
            route = candidate.route
            if candidate.reader is not None:
                params = candidate.reader.params(path)
                if params is None:
                    continue
                if method is None or not route.methods or method in route.methods:
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
                app = route.enter(scope, requested_name(scope) if candidate.kind == HOST else path)
                if app is not None:
                    return app  # type: ignore[no-any-return]
        return self._select_partial(scope, partial) if partial else None

    def _select_partial(self, scope: Scope, partial: list[Partial]) -> ASGIApp:
        """Return the application if routes match the path and none the method."""
        routes = [candidate.route for candidate, _ in partial]
        if self.automatic_options and scope.get("method") == "OPTIONS":
            return Options(allow_value(routes, "OPTIONS"))
        candidate, matched = partial[0]
        if candidate.kind == CUSTOM:
            return _handled(candidate.route, scope, matched)
        record_match(candidate.route, scope, matched)
        return MethodNotAllowed(allow_value(routes)) if self.allow_union else candidate.route.handle

    def _select_toggled(self, scope: Scope, path: str, candidates: Sequence[Candidate]) -> ASGIApp:
        """Return the application if no route matches the path, and some may match `path`, its other form."""
        if self.match_slashes:
            below = scope_below(scope, toggled_path(scope))
            app = self._try(below, path, candidates)
            return self.default if app is None else self._scoped(app, scope, below)
        below = {**scope, **toggled_path(scope)}
        below.pop(RECORD_KEY, None)  # what matches is not served, and not recorded
        return self.default if self._try(below, path, candidates) is None else self.redirect(scope)

    def redirect(self, scope: Scope) -> ASGIApp:
        """Return the redirect to the same path with, or without, a slash at its end.

        The location is a path with the query, and never names a host (RFC 9110 section 10.2.2).
        """
        path = toggled_slash(split_path(scope))
        root_path: str = scope.get("app_root_path", scope.get("root_path", "")).rstrip("/")
        if path_below(path, root_path) is None:
            path = root_path + path
        location = stay_on_host(encode_path(path))
        query: bytes = scope.get("query_string", b"")
        if query:
            location += "?" + "".join([chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in query])
        return Redirect(location)


def _handled(route: Any, scope: Scope, child: Scope) -> ASGIApp:
    """Return the `handle` of a route that matched itself, bound to the scope it asked for."""
    is_expected = "path_params" in scope
    if "route" not in child:
        child = {**child, "route": route}
    below = extended_scope(scope, child, in_place=getattr(route, "scope_in_place", False))
    if is_expected:
        record_template(below, "" if MOUNT_KEY in child else getattr(child.get("route", route), "path", ""))
    handle: ASGIApp = route.handle
    return handle if below is scope else ScopedApp(handle, below)
