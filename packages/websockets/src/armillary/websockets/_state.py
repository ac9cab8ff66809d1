"""The state of each side of a connection."""

from __future__ import annotations

from enum import Enum


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
