"""Dependencies around an application: what they reject does not reach it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.http import Request, Response
from armillary.websockets import WebSocket

from ._endpoint import BoundEndpoint
from ._signature import EndpointSignature
from ._sources import Dependency
from ._websocket import BoundWebSocket


class GuardedApplication:
    """An ASGI application that calls dependencies for each request and WebSocket, and then another application.

    Attributes:
        app: the other application.
        guard_signature: what the dependencies take from a request, and what they reject it with, for documents.
        keeps_record, serves_websockets: as the other application's, the interface in docs/scope-keys.md.
    """

    def __init__(self, app: ASGIApp, dependencies: Sequence[Dependency], path: Mapping[str, bool]) -> None:
        self.app = app
        self._dependencies = tuple(dependencies)
        self._path = path
        self._websocket: BoundWebSocket | None = None

        async def respond(request: Request) -> Response:
            return app  # type: ignore[return-value] # pyright: ignore[reportReturnType]

        self._http = BoundEndpoint(respond, path=path, dependencies=self._dependencies)
        self.guard_signature: EndpointSignature = self._http.signature
        self.keeps_record: bool = getattr(app, "keeps_record", False) is True
        self.serves_websockets: bool = getattr(app, "serves_websockets", False) is True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._for_websockets()(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _for_websockets(self) -> BoundWebSocket:
        if self._websocket is None:

            async def run(websocket: WebSocket) -> None:
                await self.app(websocket.scope, websocket.receive, websocket.send)

            self._websocket = BoundWebSocket(run, path=frozenset(self._path), dependencies=self._dependencies)
        return self._websocket

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.app!r})"


def guard(
    app: ASGIApp, dependencies: Sequence[Dependency], *, path: Mapping[str, bool] | Sequence[str] = ()
) -> GuardedApplication:
    """Return an application that calls dependencies for each request and WebSocket before another application.

    A dependency rejects by raising `HTTPException`. What each takes is read as `bind` does. For WebSockets they must
    take nothing that only a request has; if one does, that is an error when the first WebSocket comes.

    Args:
        app: any ASGI application.
        dependencies: functions, `Depends` and `Policy`.
        path: the names of the path parameters they may take, as of `bind`.

    Raises:
        BindingError: something about a dependency is wrong.

    >>> async def reject(reason: str) -> None: ...
    >>> async def app(scope, receive, send): ...
    >>> guard(app, [reject]).guard_signature.parameters[0].alias
    'reason'
    """
    known = path if isinstance(path, Mapping) else dict.fromkeys(path, False)
    return GuardedApplication(app, dependencies, known)
