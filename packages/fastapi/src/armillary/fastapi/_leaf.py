"""An API route where FastAPI's router comes to it: directly, or by the routers that include it.

FastAPI makes the routes of an inclusion at the first request, all at once: a path, a tree of dependencies and a handler
for each. Here the index gets the path alone, and the rest is made when a request comes to the route.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.routing import Route, template_regex

from ._fastapi import routing


class Leaf(Route):
    """An API route of the index.

    Args:
        top: the route of the outermost router that leads to it.
        api_route: FastAPI's route.
        chain: the included routers on the way, outermost first.
        follows_included: whether FastAPI asks an included router before it, or is in one.
    """

    takes_websockets = False

    def __init__(self, top: Any, api_route: Any, chain: tuple[Any, ...], *, follows_included: bool) -> None:
        self.top = top
        self.api_route = api_route
        self.follows_included = follows_included
        self.chain = chain
        self.last_router = chain[-1] if chain else None
        self.endpoint = api_route.endpoint
        self.app = self.enter
        self.effective = api_route
        self.context: Any = None
        if self.last_router is None:
            self.path = api_route.path_format
            self.path_regex = api_route.path_regex
            self.param_convertors = api_route.param_convertors
            return
        path = self.last_router.include_context.path_for(api_route)
        self.lazy_path_regex, self.path, self.param_convertors = template_regex(path, lenient=True)

    @property
    def methods(self) -> Any:  # type: ignore[override]
        """The methods of the route as they are now."""
        return self.effective.methods

    def made(self) -> Any:
        """Return the route with its handler, which is made now if it belongs to an inclusion and was not yet."""
        if self.last_router is not None and self.context is None:
            self.effective = self.context = _context_of(self.last_router, self.api_route)
        return self.effective

    def enter(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Write what FastAPI writes into the scope on its way to the route, and call the route's application."""
        scope["route"] = self.api_route
        if self.follows_included:
            known = scope.setdefault("fastapi", {})
            if self.last_router is not None:
                for entered in self.chain:
                    if limits := entered.include_context.form_limits:
                        routing._apply_router_form_limits(scope, limits)
                if self.context is None:
                    self.made()
                known["included_router"] = self.last_router
                known["effective_route_context"] = self.context
        if "fastapi.telemetry" in scope:
            routing._route_selected(scope=scope, path=self.path)
        app: Awaitable[None] = self.effective.app(scope, receive, send)
        return app


def _context_of(included: Any, route: Any) -> Any:
    """Return what an inclusion makes of a route: what FastAPI has made already, or else new."""
    if included._effective_candidates_version == included.original_router._get_routes_version():
        for candidate in included._effective_candidates:
            if getattr(candidate, "original_route", None) is route:
                return candidate
    return included._build_effective_context(route)
