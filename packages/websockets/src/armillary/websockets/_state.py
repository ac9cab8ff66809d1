"""The state of each side of a connection.

Rules
-----
1. Each side has a state of its own: the client's follows the messages that are received, the application's those that
   are sent.
2. The application's state changes before its message is given to the server. If the server then fails, the message
   still counts: nothing is accepted or closed twice.
3. Which message may be sent in which state is `armillary.exchange.WEBSOCKET_TRANSITIONS`, the one table of this.
   `websocket.send`, which that table leaves out as it changes nothing, may be sent while the connection is accepted.
4. A body of a rejection ends it only if it is the last one.

Table
-----
The states here are the public ones; these are their names in `armillary.exchange`:

    CONNECTING      connecting
    CONNECTED       open
    RESPONSE        rejecting
    DISCONNECTED    rejected, closed
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from armillary.asgi_types import Message
from armillary.exchange import WEBSOCKET_TRANSITIONS


class WebSocketState(Enum):
    """The state of one side of a WebSocket.

    The client's side goes CONNECTING → CONNECTED (its handshake arrived) → DISCONNECTED.
    The application's goes CONNECTING → CONNECTED (accepted) → DISCONNECTED (closed), or
    CONNECTING → RESPONSE (rejecting over HTTP) → DISCONNECTED.
    """

    CONNECTING = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RESPONSE = 3


# Members of an enum are looked up through its metaclass; these are read for every message.
CONNECTING: Final = WebSocketState.CONNECTING
CONNECTED: Final = WebSocketState.CONNECTED
DISCONNECTED: Final = WebSocketState.DISCONNECTED
RESPONSE: Final = WebSocketState.RESPONSE

_NAMED: Final[Mapping[str, WebSocketState]] = {
    "connecting": CONNECTING,
    "open": CONNECTED,
    "rejecting": RESPONSE,
    "rejected": DISCONNECTED,
    "closed": DISCONNECTED,
}
_ROWS: Final[Mapping[WebSocketState, Mapping[str, str]]] = {
    CONNECTING: WEBSOCKET_TRANSITIONS["connecting"],
    CONNECTED: {"websocket.send": "open", **WEBSOCKET_TRANSITIONS["open"]},
    RESPONSE: WEBSOCKET_TRANSITIONS["rejecting"],
    DISCONNECTED: {},
}


def state_after(state: WebSocketState, message: Message) -> WebSocketState:
    """Return the application's state once `message` is sent.

    Args:
        state: the one before, not DISCONNECTED.
        message: what is about to be sent.

    Raises:
        RuntimeError: it may not be sent in this state.

    >>> state_after(WebSocketState.CONNECTING, {"type": "websocket.accept"})
    <WebSocketState.CONNECTED: 1>
    """
    kind = message["type"]
    row = _ROWS[state]
    if kind not in row:
        *others, last = (f'"{allowed}"' for allowed in row)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise RuntimeError(f"Expected ASGI message {expected}, but got {kind!r}")
    if state is RESPONSE and message.get("more_body", False):
        return state
    return _NAMED[row[kind]]
