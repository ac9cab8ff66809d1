"""What every part of a WebSocket knows about its connection.

Rules
-----
1. `_ending` is the code and reason of whichever side ended the connection first; 1005 before that.
2. The peer's end is known to this side once a disconnect was received, by the handler, by the reader ahead of it or by
   a look for it between sends, or once a send failed. The handler knows it once it received the disconnect or an
   exception for it.
3. The first use after an end that the handler does not know raises `WebSocketDisconnect`: the end comes during the
   call. Every use after an end that it knows, or after its own close, raises `WebSocketDisconnected`.
"""

from __future__ import annotations

from collections import deque

from armillary.asgi_types import Message, Receive, Send
from armillary.concurrency import FairTurn, LookAhead
from armillary.datastructures import HTTPConnection, StateT

from ._exceptions import WebSocketDisconnect, WebSocketDisconnected
from ._policy import WebSocketPolicy
from ._reader import Reader
from ._state import CONNECTING, DISCONNECTED, RESPONSE, WebSocketState


class Connection(WebSocketPolicy, HTTPConnection[StateT]):
    """The state of a connection, and the exceptions for what does not fit it; `WebSocket` sets the attributes."""

    client_state: WebSocketState
    application_state: WebSocketState
    caller_handles_exceptions: bool
    """Whether the caller of the handler handles its exceptions, so that `async with` need not."""

    _receive: Receive  # pyright: ignore[reportIncompatibleVariableOverride]
    _send: Send
    _ending: tuple[int, str]
    _handler_knows_end: bool
    _reader: Reader | None
    _is_receiving: bool  # whether a task of the handler waits in the server's `receive`
    _is_looking: bool  # whether a send looks whether the peer has left
    _look_ahead: LookAhead | None  # what looks for it, from the first time on
    _unread: deque[Message]  # what it received
    # Each is asked at every eighth message of its direction. A turn is one for both, so that an echo takes no second.
    _sending_turn: FairTurn
    _receiving_turn: FairTurn
    _sent: int
    _received: int
    # Whether a message goes straight to the server's callable: no idle limit, no override and no reader ahead.
    _receives_directly: bool
    _sends_directly: bool
    _send_timeout: float | None
    _safe_length: int  # no text of that many characters can exceed the limit in bytes of UTF-8

    def ending(self) -> tuple[int, str] | None:
        """Return code and reason once this side has closed, 1006 for a rejected handshake; None before that."""
        return self._ending if self.application_state in (DISCONNECTED, RESPONSE) else None

    def _record_disconnect(self, message: Message) -> None:
        self.client_state = DISCONNECTED
        self._ending = (message.get("code") or 1005, message.get("reason") or "")

    def _ended(self, action: str) -> WebSocketDisconnect:
        """Return the exception for a use of a connection that the peer has ended, by rule 3."""
        if self._handler_knows_end:
            return self._too_late(action)
        self._handler_knows_end = True
        return WebSocketDisconnect(*self._ending)

    def _unusable(self, action: str) -> RuntimeError:
        """Return the exception for a use of a connection that is not accepted."""
        if self.application_state is CONNECTING and self.explains_unaccepted:
            return RuntimeError(f"Cannot {action} before the WebSocket is accepted; await websocket.accept() first")
        return self._too_late(action)

    def _too_late(self, action: str) -> WebSocketDisconnected:
        return WebSocketDisconnected(self.too_late_text(action), *self._ending)
