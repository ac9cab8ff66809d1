"""An API route where FastAPI's router comes to it: directly, or by the routers that include it."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from armillary.asgi_types import Receive, Scope, Send
from armillary.routing import Route

from ._fastapi import routing


class Leaf(Route):
    """An API route of the index.

    Args:
        top: the route of the outermost router that leads to it.
        api_route: FastAPI's route.
        context: what its inclusion makes of it; None if it belongs to the outermost router.
        chain: the included routers on the way, outermost first.
        follows_included: whether FastAPI asks an included router before it, or is in one.
    """

    takes_websockets = False

    def __init__(
        self, top: Any, api_route: Any, context: Any, chain: tuple[Any, ...], *, follows_included: bool
    ) -> None:
        effective = api_route if context is None else context
        self.top = top
        self.api_route = api_route
        self.context = context
        self.effective = effective
        self.follows_included = follows_included
        self.form_limits = [(entered, entered.include_context.form_limits) for entered in chain]
        self.last_router = chain[-1] if chain else None
        self.path = effective.path_format
        self.path_regex = effective.path_regex
        self.param_convertors = effective.param_convertors
        self.endpoint = effective.endpoint
        self.app = self.enter

    @property
    def methods(self) -> Any:  # type: ignore[override]
        """The methods of the route as they are now."""
        return self.effective.methods

    def enter(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Write what FastAPI writes into the scope on its way to the route, and call the route's application."""
        scope["route"] = self.api_route
        if self.follows_included:
            known = scope.setdefault("fastapi", {})
            if self.last_router is not None:
                for _, limits in self.form_limits:
                    if limits:
                        routing._apply_router_form_limits(scope, limits)
                known["included_router"] = self.last_router
                known["effective_route_context"] = self.context
        if "fastapi.telemetry" in scope:
            routing._route_selected(scope=scope, path=self.path)
        app: Awaitable[None] = self.effective.app(scope, receive, send)
        return app
