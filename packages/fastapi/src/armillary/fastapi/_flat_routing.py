"""The loop of FastAPI's router, with an index instead of asking every route.

FastAPI asks its routes one by one, and an included router asks its own. Here the API routes of a router and of all
that it includes are leaves of one index, in the order in which FastAPI would come to them. The index finds the first
match of most requests at once. Whatever it does not decide (another method, a redirect, a mount, a WebSocket, a
frontend, a route with a `matches` of its own), FastAPI's own loop decides, over the few routes that can match the path.
"""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.routing import RouteList, get_route_path

from ._fastapi import own_app, routing
from ._flat_index import FASTAPI_KEY, INDEX_KEY, FlatIndex, current_index


class NarrowedRouter:
    """A router as FastAPI's loop sees it, with fewer routes."""

    def __init__(self, router: Any, routes: list[Any]) -> None:
        self._router = router
        self.routes = routes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)


async def _no_match(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for the answer of the index that nothing matches; never called."""


async def flat_app(self: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a connection by the router `self`; replaces `APIRouter.app`."""
    kind = scope["type"]
    routes: Any = self.routes
    if kind not in ("http", "websocket") or not isinstance(routes, RouteList):
        await own_app(self, scope, receive, send)
        return
    index: FlatIndex | None = self.__dict__.get(INDEX_KEY)
    if index is None or index.token is not routes.compiled:
        index = current_index(self, routes)
    if "router" not in scope:
        scope["router"] = self
    path = get_route_path(scope) if scope.get("root_path") else scope["path"]
    found: list[Any] = []
    app: Any = None
    if kind == "http":
        if self.form_limits:
            routing._apply_router_form_limits(scope, self.form_limits)
        app = index.tree.lookup(scope, path, _no_match, False)
    if app is None:
        found = index.routes_for(path)
        if kind == "http" and self.redirect_slashes and path != "/":
            other = path.rstrip("/") if path.endswith("/") else path + "/"
            found = index.merged(found, index.routes_for(other))
    elif app is not _no_match:
        await app(scope, receive, send)
        return
    if found or index.has_low_priority_routes():
        await own_app(NarrowedRouter(self, index.marked(found)), scope, receive, send)
    else:
        if index.has_included:
            scope.setdefault(FASTAPI_KEY, {})
        await self.default(scope, receive, send)
