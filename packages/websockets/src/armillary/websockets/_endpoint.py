"""A class with a method for each event of a connection."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, ClassVar, Literal

from armillary.asgi_types import Message, Receive, Scope, Send, WebSocketException
from armillary.exchange import OriginPolicy

from ._exceptions import MalformedMessage, WebSocketDisconnect, closing_of
from ._limits import WebSocketLimits
from ._session import run_session
from ._websocket import WebSocket


class WebSocketEndpoint:
    """Handle a connection in methods: subclass, and use the class as an ASGI application.

    Class attributes:
        encoding: "text", "bytes" or "json": what `on_receive` gets, and all that the peer
            may send; None accepts text and bytes alike.
        limits: those of each connection; by default those of `websocket_class`.
        origin_policy: which pages may open a connection; by default that of `websocket_class`. With
            `OriginPolicy(["https://app.example.com"], check="session")` those of one more origin may.
        websocket_class: the class of the connection that the methods get.

    >>> class Echo(WebSocketEndpoint):
    ...     encoding = "json"
    ...     async def on_receive(self, websocket: WebSocket, data: Any) -> None:
    ...         await websocket.send_json({"received": data})
    """

    encoding: ClassVar[Literal["text", "bytes", "json"] | None] = None
    limits: ClassVar[WebSocketLimits | None] = None
    origin_policy: ClassVar[OriginPolicy | None] = None
    websocket_class: ClassVar[type[WebSocket[Any]]] = WebSocket

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            raise TypeError(f"{type(self).__name__} needs a scope of type 'websocket', got {scope['type']!r}")
        self.scope: Scope = scope
        self.receive: Receive = receive
        self.send: Send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        """Run the connection to its end, handling exceptions as `websocket_session` does."""
        self.scope.setdefault("endpoint", type(self))  # without a router
        await run_session(self.converse, self.connection())

    def connection(self) -> WebSocket[Any]:
        """Return the connection that the methods get."""
        websocket = self.websocket_class(self.scope, self.receive, self.send, limits=self.limits)
        if self.origin_policy is not None:
            websocket.origin_policy = self.origin_policy
        return websocket

    async def converse(self, websocket: WebSocket[Any]) -> None:
        """Call `on_connect`, `on_receive` for each message, and `on_disconnect` whatever happens."""
        # Declared to return nothing, which is checked.
        connect: Callable[..., Awaitable[object]] = self.on_connect
        receive: Callable[..., Awaitable[object]] = self.on_receive
        websocket.check_result(connect, await connect(websocket))
        close_code = 1011
        try:
            # Not every server reports a close by this side.
            while (ending := websocket.ending()) is None:
                message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    close_code = message.get("code") or 1005
                    break
                if message["type"] == "websocket.receive":
                    data = await self.decode(websocket, message)
                    websocket.check_result(receive, await receive(websocket, data))
            else:
                close_code = ending[0]
        except WebSocketDisconnect as exc:
            close_code = exc.code
        except Exception as exc:
            close_code = self.close_code_of(exc)
            raise
        finally:
            await self.on_disconnect(websocket, close_code)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Return what `on_receive` gets for a message.

        Raises:
            WebSocketException: the message is not of the kind `encoding` names, and closes with 1003; or it
                is not JSON, and closes with 1007.
        """
        text, data = message.get("text"), message.get("bytes")
        if self.encoding is None:
            return data if text is None else text
        if self.encoding == "text":
            if text is None:
                raise await self.reject(websocket, "Expected text websocket messages, but got bytes")
            return text
        if self.encoding == "bytes":
            if data is None:
                raise await self.reject(websocket, "Expected bytes websocket messages, but got text")
            return data
        if self.encoding != "json":
            raise TypeError(f"{type(self).__name__}.encoding must be 'text', 'bytes', 'json' or None")
        try:
            return websocket.decode_json(data or b"" if text is None else text)
        except ValueError as exc:
            raise await self.reject_json(websocket, exc) from None

    async def reject(self, websocket: WebSocket, detail: str) -> Exception:
        """Return the exception for a message of the wrong kind."""
        return WebSocketException(1003, detail)

    async def reject_json(self, websocket: WebSocket, exc: ValueError) -> Exception:
        """Return the exception for a message that `decode_json` rejected with `exc`."""
        return exc if isinstance(exc, MalformedMessage) else MalformedMessage()

    def close_code_of(self, exc: Exception) -> int:
        """Return the code that `on_disconnect` gets if a method raised `exc`."""
        return closing_of(exc)[0]

    async def on_connect(self, websocket: WebSocket) -> None:
        """Accept the connection, or close it; called first."""
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        """Handle one message."""

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        """Clean up; if an exception ended the connection, `close_code` is what it closes with, most often 1011."""
