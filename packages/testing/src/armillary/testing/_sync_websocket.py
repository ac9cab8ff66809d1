"""A WebSocket session for tests that are plain functions."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from armillary.asgi_types import ASGIApp, Message, Scope

from ._connection import Connection
from ._errors import Header
from ._websocket_exchange import FrameMode, WebSocketExchange


class WebSocketTestSession:
    """The client's end of a WebSocket. Entering it does the handshake, leaving it closes.

    `accepted_subprotocol` and `extra_headers` are what the application accepted with.

    Args:
        exchange: the connection, not begun yet.
        connect: opens it.
    """

    __test__ = False

    def __init__(self, exchange: WebSocketExchange, connect: Callable[[WebSocketExchange], Connection]) -> None:
        self.app: ASGIApp = exchange.app
        self.scope: Scope = exchange.scope
        self._exchange = exchange
        self._connect = connect
        self._connection: Connection | None = None

    @property
    def accepted_subprotocol(self) -> str | None:
        """The subprotocol the application chose, or None."""
        return self._exchange.accepted_subprotocol

    @property
    def extra_headers(self) -> list[Header]:
        """The headers the application added to the handshake's response."""
        return self._exchange.extra_headers

    def __enter__(self) -> Self:
        if self._connection is not None:
            raise RuntimeError("the session was already used; call websocket_connect for another")
        self._connection = self._connect(self._exchange)
        self._connection.begin(self._exchange.connect)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.finish(self._exchange.end)

    def _connected(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("the session is not connected; use it inside 'with'")
        return self._connection

    def send(self, message: Message) -> None:
        """Give the application an ASGI message."""
        self._connected().call(self._exchange.put, message)

    def send_text(self, data: str) -> None:
        """Send a text frame."""
        self._connected().call(self._exchange.put_text, data)

    def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        self._connected().call(self._exchange.put_bytes, data)

    def send_json(self, data: Any, mode: FrameMode = "text") -> None:
        """Send JSON in a text or a binary frame."""
        self._connected().call(self._exchange.put_json, data, mode)

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close from the client's side."""
        self._connected().call(self._exchange.close, code, reason)

    def disconnect(self) -> None:
        """Disconnect without a close frame; the application's `send` raises `OSError` from now on."""
        self._connected().call(self._exchange.disconnect)

    def receive(self, *, timeout: float | None = None) -> Message:
        """Return the application's next ASGI message, of whatever type.

        Args:
            timeout: seconds to wait for it; None waits as long as for every other message.

        Raises:
            ApplicationTimeout: none came in time. The session goes on, and may still receive it.
        """
        return self._connected().call(self._exchange.next_message, timeout)

    def receive_text(self, *, timeout: float | None = None) -> str:
        """Return the next text frame.

        Args:
            timeout: as for `receive`.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a binary frame.
        """
        return self._connected().call(self._exchange.next_text, timeout)

    def receive_bytes(self, *, timeout: float | None = None) -> bytes:
        """Return the next binary frame.

        Args:
            timeout: as for `receive`.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a text frame.
        """
        return self._connected().call(self._exchange.next_bytes, timeout)

    def receive_json(self, mode: FrameMode = "text", *, timeout: float | None = None) -> Any:
        """Return the next frame, decoded from JSON.

        Args:
            mode: the kind of frame, "text" or "binary".
            timeout: as for `receive`.
        """
        return self._connected().call(self._exchange.next_json, mode, timeout)
