"""A WebSocket session on the caller's event loop."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self

from armillary.asgi_types import Message

from ._errors import WebSocketClosed
from ._frame import FrameMode, bytes_frame, check_mode, json_frame, text_frame
from ._task import finish_or_hand_over
from ._websocket_exchange import ClientWebSocketExchange, Header


class AsyncWebSocketSession:
    """The client's end of a WebSocket. Entering it does the handshake, leaving it closes.

    Iterating gives the text and bytes of each frame until the application closes. Any number
    of sessions may be open at once.

    Args:
        handshake: sends the request of the handshake and returns its exchange.
    """

    def __init__(self, handshake: Callable[[], Awaitable[ClientWebSocketExchange]]) -> None:
        self._handshake = handshake
        self._exchange: ClientWebSocketExchange | None = None

    @property
    def _connection(self) -> ClientWebSocketExchange:
        if self._exchange is None:
            raise RuntimeError("the session is not connected; use it inside 'async with'")
        return self._exchange

    @property
    def accepted_subprotocol(self) -> str | None:
        """The subprotocol the application chose, or None."""
        return self._connection.accepted_subprotocol

    @property
    def extra_headers(self) -> list[Header]:
        """The headers the application added to the handshake's response."""
        return self._connection.extra_headers

    async def __aenter__(self) -> Self:
        if self._exchange is not None:
            raise RuntimeError("the session was already used; call websocket_connect for another")
        self._exchange = exchange = await self._handshake()
        try:
            await exchange.connect()
        except BaseException:
            await finish_or_hand_over(exchange.abort, exchange.abort)
            raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await finish_or_hand_over(self._connection.end, self._connection.abort)

    async def send(self, message: Message) -> None:
        """Give the application an ASGI message."""
        self._connection.send(message)

    async def send_text(self, data: str) -> None:
        """Send a text frame."""
        await self.send(text_frame(data))

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        await self.send(bytes_frame(data))

    async def send_json(self, data: Any, mode: FrameMode = "text") -> None:
        """Send JSON in a text or a binary frame."""
        await self.send(json_frame(data, mode))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close from the client's side."""
        self._connection.close(code, reason)

    async def disconnect(self) -> None:
        """Disconnect without a close frame; the application's `send` raises `OSError` from now on."""
        self._connection.disconnect()

    async def receive(self) -> Message:
        """Return the application's next ASGI message, of whatever type.

        Raises:
            ApplicationTimeout: none came within the time limit.
        """
        return await self._connection.receive()

    async def _receive_data(self) -> Message:
        message = await self.receive()
        if message["type"] == "websocket.close":
            raise self._connection.closed_by(message)
        return message

    async def receive_text(self) -> str:
        """Return the next text frame.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a binary frame.
        """
        text: str = (await self._receive_data())["text"]
        return text

    async def receive_bytes(self) -> bytes:
        """Return the next binary frame.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a text frame.
        """
        data: bytes = (await self._receive_data())["bytes"]
        return data

    async def receive_json(self, mode: FrameMode = "text") -> Any:
        """Return the next frame, decoded from JSON."""
        check_mode(mode)
        return json.loads((await self._receive_data())["text" if mode == "text" else "bytes"])

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            try:
                message = await self._receive_data()
            except WebSocketClosed:
                return
            text: str | None = message.get("text")
            yield message["bytes"] if text is None else text
