"""A path and the endpoint that handles WebSockets on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Unpack

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_plain_function

from ._endpoint import (
    Dependency,
    Endpoint,
    MiddlewareList,
    bound_websocket_application,
    dependency_list,
    endpoint_name,
    guarded_application,
    websocket_application,
    wrap,
)
from ._function_kind import is_plain
from ._match import Match
from ._operation import NOTHING, ChannelOperation, operation_of
from ._template_route import EndpointRoute


class WebSocketRoute(EndpointRoute):
    """A path and the endpoint that handles WebSockets on it.

    Args:
        path: a template such as "/rooms/{room}".
        endpoint: a function, or an ASGI application. A function of a WebSocket alone is called with it; any other is
            bound by `armillary.binding`.
        name: for `url_path_for`; by default the endpoint's own name.
        middleware: wrapped around this endpoint alone, the first being outermost.
        dependencies: called before the endpoint: functions, or `armillary.binding.Depends(...)` and `Policy(...)`.
        include_in_schema: whether generated API descriptions list it.
        **operation: what API documents say about it; see `ChannelOperation`.

    >>> class Echo:
    ...     async def __call__(self, scope, receive, send): ...
    >>> WebSocketRoute("/echo", Echo())
    WebSocketRoute(path='/echo', name='Echo')
    """

    scope_type = "websocket"

    # For subclasses with another constructor.
    dependencies: tuple[Any, ...] = ()
    include_in_schema: bool = True
    operation: Mapping[str, Any] = NOTHING

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        name: str | None = None,
        middleware: MiddlewareList = None,
        dependencies: Sequence[Dependency] = (),
        include_in_schema: bool = True,
        **operation: Unpack[ChannelOperation],
    ) -> None:
        self._set_path(path)
        self.operation = operation_of(operation, is_websocket=True)
        self.include_in_schema = include_in_schema
        self.dependencies = dependency_list(dependencies)
        self._middleware = middleware
        self.endpoint: Any = self.check_callable(endpoint, "endpoint")
        self.name: str = endpoint_name(endpoint) if name is None else name
        is_function = is_plain_function(endpoint)
        self.base_app: ASGIApp = self.function_app(endpoint) if is_function else self.guarded_app(endpoint)
        self.app: ASGIApp = wrap(self.base_app, middleware)

    def function_app(self, endpoint: Endpoint) -> ASGIApp:
        if not self.dependencies and is_plain(endpoint, self.param_convertors, checks_result=False):
            return websocket_application(endpoint)
        return bound_websocket_application(endpoint, self.param_convertors, self.dependencies)

    def guarded_app(self, endpoint: ASGIApp) -> ASGIApp:
        """Return the endpoint's application after its dependencies."""
        if not self.dependencies:
            return endpoint
        return guarded_application(endpoint, self.param_convertors, self.dependencies)

    def included(
        self, prefix: str, name: str, tags: Sequence[str], dependencies: Sequence[Dependency]
    ) -> WebSocketRoute:
        """Return this route below a prefix, for a router that includes its own."""
        arguments: Any = {**self.operation, "tags": (*tags, *self.operation.get("tags", ()))}
        return type(self)(
            prefix + self.path,
            self.endpoint,
            name=name + self.name,
            middleware=self._middleware,
            dependencies=(*dependencies, *self.dependencies),
            include_in_schema=self.include_in_schema,
            **arguments,
        )

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        child_scope = self.child_scope(scope) if scope["type"] == "websocket" else None
        return (Match.NONE, {}) if child_scope is None else (Match.FULL, child_scope)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WebSocketRoute) and self.path == other.path and self.endpoint == other.endpoint

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, name={self.name!r})"
