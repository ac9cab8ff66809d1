"""`starlette.exceptions`."""

from __future__ import annotations

from armillary.asgi_types import HTTPException, WebSocketException as NativeWebSocketException

__all__ = ["HTTPException", "StarletteDeprecationWarning", "WebSocketException"]


class StarletteDeprecationWarning(UserWarning):
    """A use of something that a later Starlette will remove; shown by default, unlike `DeprecationWarning`."""


class WebSocketException(NativeWebSocketException):
    """Close the WebSocket, with any code."""

    allows_any_code = True
