"""A typed function of a WebSocket as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.serialization import unwrap
from armillary.websockets import WebSocket, check_websocket_function, websocket_session

from ._plan_builder import build_plan
from ._running import call_with_dependencies, provide
from ._signature import EndpointSignature
from ._sources import Dependency, Messages
from ._type_hints import type_hints_of


class BoundWebSocket:
    """An ASGI application that calls a function with the WebSocket and values from its handshake.

    Attributes:
        endpoint: the function.
        signature: what it takes, for documents.
        keeps_record: the interface in docs/scope-keys.md.
    """

    keeps_record = True

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        path: frozenset[str],
        dependencies: Sequence[Dependency] = (),
        websocket_class: type[WebSocket] = WebSocket,
    ) -> None:
        check_websocket_function(function, websocket_class)
        self.endpoint = function
        self._path = path
        self._dependencies = tuple(dependencies)
        self._plan = build_plan(function, kind="websocket", path=path, dependencies=dependencies)
        self.signature: EndpointSignature = EndpointSignature(
            parameters=self._plan.parameters,
            errors=self._plan.errors | frozenset[int]((422,) if self._plan.parameters else ()),
            dependencies=tuple(call.function for call in self._plan.calls[:-1]),
            messages=messages_of(function),
            required_scopes=self._plan.scopes,
        )
        self.app: ASGIApp = websocket_session(self._run, websocket_class=websocket_class)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self.app(scope, receive, send)

    async def _run(self, websocket: WebSocket) -> None:
        plan = self._plan
        overrides = getattr(websocket.scope.get("app"), "dependency_overrides", None)
        if overrides and len(plan.calls) > 1:
            plan = build_plan(
                self.endpoint, kind="websocket", path=self._path, dependencies=self._dependencies, overrides=overrides
            )
        targets: list[dict[str, Any]] = [{} for _ in range(plan.targets)]
        given = provide(plan.provided, websocket, targets)
        async with AsyncExitStack() as stack:
            result = await call_with_dependencies(plan, websocket, targets, stack, stack)
            websocket.check_result(self.endpoint, result)
        for making, value in given:
            if making.runs_after:
                await value()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self.endpoint, '__qualname__', self.endpoint)})"


def messages_of(function: Callable[..., Any]) -> Messages | None:
    """Return what the annotations of a function say of the messages of its WebSocket."""
    metadata = (item for hint in type_hints_of(function).values() for item in unwrap(hint).metadata)
    return next((item for item in metadata if isinstance(item, Messages)), None)


def bind_websocket(
    function: Callable[..., Any],
    *,
    path: Mapping[str, bool] | Sequence[str] = (),
    dependencies: Sequence[Dependency] = (),
    websocket_class: type[WebSocket] = WebSocket,
) -> BoundWebSocket:
    """Return an ASGI application that calls a typed function for each WebSocket.

    Values are read from path, query, headers and cookies as `bind` does. If one is missing or wrong, the handshake is
    rejected with 422, or closed with 1008 by a server that cannot send a response.

    Args:
        function: an async function; a parameter annotated `WebSocket` is the connection.
        path: the names of the path parameters.
        dependencies: functions, `Depends` and `Policy` called before the function, their results not used.
        websocket_class: the class of the connection.

    Raises:
        TypeError: the function is not async, or declares to return a value.
        BindingError: something about the function is wrong.

    >>> async def echo(websocket: WebSocket, name: str) -> None: ...
    >>> bind_websocket(echo).signature.parameters[0].alias
    'name'
    """
    return BoundWebSocket(function, path=frozenset(path), dependencies=dependencies, websocket_class=websocket_class)
