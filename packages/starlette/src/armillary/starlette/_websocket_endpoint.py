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

    async def reject(self, websocket: Any, detail: str) -> Exception:
        """Close with 1003 and return a RuntimeError."""
        await websocket.close(code=1003)
        return RuntimeError(detail)
