"""A function of one WebSocket, made an ASGI application; `routing` exports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asterism.asgi_types import ASGIApp
from asterism.websockets import websocket_session as native_websocket_session

from .websockets import WebSocket


def websocket_session(func: Callable[[WebSocket[Any]], Awaitable[None]]) -> ASGIApp:
    """Return an ASGI application that calls `func(websocket)` for each connection."""
    return native_websocket_session(func, websocket_class=WebSocket)
