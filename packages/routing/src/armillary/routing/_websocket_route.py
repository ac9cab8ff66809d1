"""A path and the endpoint that handles WebSockets on it."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_plain_function

from ._endpoint import Endpoint, MiddlewareList, endpoint_name, websocket_application, wrap
from ._match import Match
from ._template_route import EndpointRoute


class WebSocketRoute(EndpointRoute):
    """A path and the endpoint that handles WebSockets on it.

    Args:
        path: a template such as "/rooms/{room}".
        endpoint: a function of a WebSocket, or an ASGI application.
        name: for `url_path_for`; by default the endpoint's own name.
        middleware: wrapped around this endpoint alone, the first being outermost.

    >>> class Echo:
    ...     async def __call__(self, scope, receive, send): ...
    >>> WebSocketRoute("/echo", Echo())
    WebSocketRoute(path='/echo', name='Echo')
    """

    scope_type = "websocket"

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        name: str | None = None,
        middleware: MiddlewareList = None,
    ) -> None:
        self._set_path(path)
        self.endpoint = self.check_callable(endpoint, "endpoint")
        self.name = endpoint_name(endpoint) if name is None else name
        self.app = wrap(self.function_app(endpoint) if is_plain_function(endpoint) else endpoint, middleware)

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        return websocket_application(endpoint)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child_scope = self.child_scope(scope) if scope["type"] == "websocket" else None
        return (Match.NONE, {}) if child_scope is None else (Match.FULL, child_scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WebSocketRoute) and self.path == other.path and self.endpoint == other.endpoint

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r})"
