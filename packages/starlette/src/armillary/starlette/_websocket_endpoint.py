"""`WebSocketEndpoint` as Starlette has it: bad data from the peer raises a RuntimeError."""

from __future__ import annotations

from typing import Any, ClassVar

from armillary.websockets import WebSocketEndpoint as NativeWebSocketEndpoint

from .websockets import WebSocket


class WebSocketEndpoint(NativeWebSocketEndpoint):
    """Handle a connection in methods."""

    websocket_class: ClassVar[type[WebSocket[Any]]] = WebSocket  # pyright: ignore[reportIncompatibleVariableOverride]

    async def dispatch(self) -> None:
        """Run the connection's events, letting exceptions through."""
        await self.converse(self.connection())

    def close_code_of(self, exc: Exception) -> int:
        """Return 1011, whatever was raised."""
        return 1011

    async def reject_json(self, websocket: Any, exc: ValueError) -> Exception:
        """Close with 1003 and return a RuntimeError."""
        return await self.reject(websocket, "Malformed JSON data received.")

    async def reject(self, websocket: Any, detail: str) -> Exception:
        """Close with 1003 and return a RuntimeError."""
        await websocket.close(code=1003)
        return RuntimeError(detail)
