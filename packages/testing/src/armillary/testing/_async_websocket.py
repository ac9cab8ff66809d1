"""A WebSocket session on the caller's event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from armillary.asgi_types import Message

from ._connection import AsyncConnection
from ._errors import Header, WebSocketClosed
from ._websocket_exchange import FrameMode, WebSocketExchange


class AsyncWebSocketSession:
    """The client's end of a WebSocket. Entering it does the handshake, leaving it closes.

    Iterating gives the text and bytes of each frame until the application closes. Any number
    of sessions may be open at once.

    Args:
        handshake: sends the request of the handshake and returns its exchange.
        connect: opens that.
    """

    def __init__(
        self,
        handshake: Callable[[], Awaitable[WebSocketExchange]],
        connect: Callable[[WebSocketExchange], AsyncConnection],
    ) -> None:
        self._handshake = handshake
        self._connect = connect
        self._exchange: WebSocketExchange | None = None
        self._connection: AsyncConnection | None = None

    def _connected(self) -> WebSocketExchange:
        if self._exchange is None:
            raise RuntimeError("the session is not connected; use it inside 'async with'")
        return self._exchange

    @property
    def accepted_subprotocol(self) -> str | None:
        """The subprotocol the application chose, or None."""
        return self._connected().accepted_subprotocol

    @property
    def extra_headers(self) -> list[Header]:
        """The headers the application added to the handshake's response."""
        return self._connected().extra_headers

    async def __aenter__(self) -> Self:
        if self._exchange is not None:
            raise RuntimeError("the session was already used; call websocket_connect for another")
        self._exchange = exchange = await self._handshake()
        self._connection = self._connect(exchange)
        await self._connection.begin(exchange.connect)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            await self._connection.finish(self._connected().end)

    async def send(self, message: Message) -> None:
        """Give the application an ASGI message."""
        self._connected().put(message)

    async def send_text(self, data: str) -> None:
        """Send a text frame."""
        self._connected().put_text(data)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        self._connected().put_bytes(data)

    async def send_json(self, data: Any, mode: FrameMode = "text") -> None:
        """Send JSON in a text or a binary frame."""
        self._connected().put_json(data, mode)

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close from the client's side."""
        self._connected().close(code, reason)

    async def disconnect(self) -> None:
        """Disconnect without a close frame; the application's `send` raises `OSError` from now on."""
        self._connected().disconnect()

    async def receive(self, *, timeout: float | None = None) -> Message:
        """Return the application's next ASGI message, of whatever type.

        Args:
            timeout: seconds to wait for it; None waits as long as for every other message.

        Raises:
            ApplicationTimeout: none came in time. The session goes on, and may still receive it.
        """
        return await self._connected().next_message(timeout)

    async def receive_text(self, *, timeout: float | None = None) -> str:
        """Return the next text frame.

        Args:
            timeout: as for `receive`.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a binary frame.
        """
        return await self._connected().next_text(timeout)

    async def receive_bytes(self, *, timeout: float | None = None) -> bytes:
        """Return the next binary frame.

        Args:
            timeout: as for `receive`.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a text frame.
        """
        return await self._connected().next_bytes(timeout)

    async def receive_json(self, mode: FrameMode = "text", *, timeout: float | None = None) -> Any:
        """Return the next frame, decoded from JSON.

        Args:
            mode: the kind of frame, "text" or "binary".
            timeout: as for `receive`.
        """
        return await self._connected().next_json(mode, timeout)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                frame = await self._connected().next_frame()
            except WebSocketClosed:
                return
            text: str | None = frame.get("text")
            yield frame["bytes"] if text is None else text
