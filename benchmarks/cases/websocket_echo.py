"""A WebSocket: connect, accept, 100 messages back and forth, close."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest

MESSAGES = 100
CONNECT = {"type": "websocket.connect"}
TEXT = {"type": "websocket.receive", "text": "a line of text"}
DISCONNECT = {"type": "websocket.disconnect", "code": 1000}
SCOPE = {
    "type": "websocket",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "http_version": "1.1",
    "scheme": "ws",
    "path": "/echo",
    "raw_path": b"/echo",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"127.0.0.1:8000")],
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 8000),
    "subprotocols": [],
}
CONVERSATION = [CONNECT, *[TEXT] * MESSAGES, DISCONNECT]
REQUEST = BenchmarkRequest(expected=TEXT["text"].encode())
"""What begins a conversation: the response to it is the last text that was sent."""


def conversing(application: Application) -> Application:
    """Hold one conversation for each request, then send a response; the same around all."""

    async def converse(scope: Any, receive: Any, send_response: Any) -> None:
        following = iter(CONVERSATION).__next__
        last: Any = None

        async def receive_next() -> Any:
            return following()

        async def send(message: Any) -> None:
            nonlocal last
            last = message

        await application({**SCOPE}, receive_next, send)
        await send_response({"type": "http.response.start", "status": 200, "headers": []})
        await send_response({"type": "http.response.body", "body": last.get("text", last["type"]).encode()})

    return converse


async def bare_application(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    for _ in range(MESSAGES):
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"]})
    await receive()


def _echo(framework: Any, route: Any, disconnect: type[Exception]) -> Application:
    async def echo(websocket: Any) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text(await websocket.receive_text())
        except disconnect:
            pass

    return framework(routes=[route("/echo", echo)])


def armillary_application() -> Application:
    """Return the toolkit's."""
    from armillary.applications import Armillary
    from armillary.routing import WebSocketRoute
    from armillary.websockets import WebSocketDisconnect

    return _echo(Armillary, WebSocketRoute, WebSocketDisconnect)


def _starlette() -> Application:
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    return _echo(Starlette, WebSocketRoute, WebSocketDisconnect)


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the one contest."""
    applications = {BARE: bare_application, "armillary": armillary_application(), "starlette": _starlette()}
    yield "WebSocket echo", Contest(REQUEST, {name: conversing(app) for name, app in applications.items()})
