"""What type checkers make of a WebSocket and of guards around one. Checked, never run."""

from __future__ import annotations

from typing import assert_type

from armillary.asgi_types import ASGIApp
from armillary.websockets import OriginMiddleware, WebSocket, WebSocketEndpoint, websocket_session


async def chat(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="chat")
    assert_type(await websocket.receive_text(), str)
    assert_type(await websocket.receive_bytes(), bytes)
    async for text in websocket.iter_text():
        assert_type(text, str)


class Echo(WebSocketEndpoint):
    encoding = "text"


app: ASGIApp = OriginMiddleware(websocket_session(chat))
