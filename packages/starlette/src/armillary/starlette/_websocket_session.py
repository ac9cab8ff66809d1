"""A function of one WebSocket, made an ASGI application; `routing` exports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from armillary.asgi_types import ASGIApp, is_async_callable
from armillary.websockets import websocket_session as native_websocket_session

from .websockets import WebSocket


def websocket_session(func: Callable[[WebSocket[Any]], Awaitable[None]]) -> ASGIApp:
    """Return an ASGI application that calls `func(websocket)` for each connection.

    A plain function that returns something to await, as decorators make them, will do.
    """
    if is_async_callable(func):
        return native_websocket_session(func, websocket_class=WebSocket)

    async def call(websocket: WebSocket[Any]) -> None:
        await func(websocket)

    return native_websocket_session(call, websocket_class=WebSocket)
