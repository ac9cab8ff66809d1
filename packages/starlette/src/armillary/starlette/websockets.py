"""WebSocket connections."""

from __future__ import annotations

from json import dumps, loads
from typing import Any

from armillary.datastructures import StateT
from armillary.websockets import (
    NO_LIMITS,
    WebSocket as NativeWebSocket,
    WebSocketClose as NativeWebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
)

from .requests import HTTPConnection

__all__ = ["WebSocket", "WebSocketClose", "WebSocketDisconnect", "WebSocketDisconnected", "WebSocketState"]


class WebSocket(NativeWebSocket[StateT], HTTPConnection[StateT]):
    """One connection, with no limits or checks but the server's."""

    limits = NO_LIMITS
    closes_after_handler = False

    def encode_json(self, data: Any) -> str:
        return dumps(data, separators=(",", ":"), ensure_ascii=False)

    def decode_json(self, text: str | bytes) -> Any:
        return loads(text if isinstance(text, str) else text.decode("utf-8"))

    def check_close(self, code: int, reason: str) -> None:
        """Leave it to the server: frameworks close with any code and reason."""

    def check_subprotocol(self, subprotocol: str) -> None:
        """Accept one that was not offered; CR, LF and NUL are still rejected."""
        if any(character in subprotocol for character in "\r\n\0"):
            raise ValueError(f"subprotocol must not contain CR, LF or NUL, got {subprotocol!r}")

    async def reject_without_extension(self) -> None:
        raise RuntimeError("The server doesn't support the Websocket Denial Response extension.")

    def _unusable(self, action: str) -> RuntimeError:
        return self._too_late(action)


class WebSocketClose(NativeWebSocketClose):
    """An application that closes, with any code and reason."""

    def check(self) -> None:
        """Leave it to the server."""
