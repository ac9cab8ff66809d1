"""A WebSocket session for tests that are plain functions."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from anyio.from_thread import BlockingPortal

from armillary.asgi_types import ASGIApp, Message, Scope

from ._frame import FrameMode, bytes_frame, check_mode, json_frame, text_frame
from ._sync_transport import EventLoop
from ._websocket_exchange import ClientWebSocketExchange, DenialResponse, Header


class WebSocketTestSession:
    """The client's end of a WebSocket. Entering it does the handshake, leaving it closes.

    `accepted_subprotocol` and `extra_headers` are what the application accepted with.
    """

    __test__ = False

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        event_loop: EventLoop,
        *,
        time_limit: float | None,
        grace: float,
        closed: Callable[[int, str], Exception],
        rejected: Callable[[DenialResponse], Exception],
    ) -> None:
        self.app = app
        self.scope = scope
        self._event_loop = event_loop
        self._exchange = ClientWebSocketExchange(
            app, scope, time_limit=time_limit, grace=grace, closed=closed, rejected=rejected
        )
        self._resources = contextlib.ExitStack()
        self._portal: BlockingPortal | None = None

    @property
    def accepted_subprotocol(self) -> str | None:
        """The subprotocol the application chose, or None."""
        return self._exchange.accepted_subprotocol

    @property
    def extra_headers(self) -> list[Header]:
        """The headers the application added to the handshake's response."""
        return self._exchange.extra_headers

    def __enter__(self) -> Self:
        if self._portal is not None:
            raise RuntimeError("the session was already used; call websocket_connect for another")
        with contextlib.ExitStack() as resources:
            self._portal = resources.enter_context(self._event_loop())
            try:
                self._portal.call(self._exchange.connect)
            except BaseException:
                self._portal.call(self._exchange.abort)
                raise
            self._resources = resources.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._resources:
            self._run(self._exchange.end)

    def _run(self, function: Callable[..., Any], *args: Any) -> Any:
        if self._portal is None:
            raise RuntimeError("the session is not connected; use it inside 'with'")
        return self._portal.call(function, *args)

    def send(self, message: Message) -> None:
        """Give the application an ASGI message."""
        self._run(self._exchange.send, message)

    def send_text(self, data: str) -> None:
        """Send a text frame."""
        self.send(text_frame(data))

    def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""
        self.send(bytes_frame(data))

    def send_json(self, data: Any, mode: FrameMode = "text") -> None:
        """Send JSON in a text or a binary frame."""
        self.send(json_frame(data, mode))

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close from the client's side."""
        self._run(self._exchange.close, code, reason)

    def disconnect(self) -> None:
        """Disconnect without a close frame; the application's `send` raises `OSError` from now on."""
        self._run(self._exchange.disconnect)

    def receive(self) -> Message:
        """Return the application's next ASGI message, of whatever type."""
        message: Message = self._run(self._exchange.receive)
        return message

    def _receive_frame(self, key: str) -> Any:
        message = self.receive()
        if message["type"] == "websocket.close":
            raise self._exchange.closed_by(message)
        return message[key]

    def receive_text(self) -> str:
        """Return the next text frame.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a binary frame.
        """
        text: str = self._receive_frame("text")
        return text

    def receive_bytes(self) -> bytes:
        """Return the next binary frame.

        Raises:
            WebSocketClosed: the application closed instead.
            KeyError: it is a text frame.
        """
        data: bytes = self._receive_frame("bytes")
        return data

    def receive_json(self, mode: FrameMode = "text") -> Any:
        """Return the next frame, decoded from JSON."""
        check_mode(mode)
        return json.loads(self._receive_frame("text" if mode == "text" else "bytes"))
