"""Channels carried to clients by the WebSockets and responses of other frameworks, in one line each."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from fastapi import FastAPI, Request as FastAPIRequest, WebSocket as FastAPIWebSocket
from fastapi.responses import StreamingResponse
from litestar import Litestar, Request as LitestarRequest, WebSocket as LitestarWebSocket, get, websocket
from litestar.response import Stream

from armillary.channels import Channels
from armillary.http import Request
from armillary.testing import TestClient
from armillary.websockets import WebSocket


def in_fastapi(channels: Channels) -> Any:
    app = FastAPI()

    async def chat(socket: Any) -> None:
        await channels.websocket(socket, "room:7", on_text=lambda text: channels.publish("room:7", text), last=5)

    async def events(request: Any) -> StreamingResponse:
        after = request.headers.get("last-event-id")
        return StreamingResponse(channels.event_stream("room:7", after=after), media_type="text/event-stream")

    chat.__annotations__ = {"socket": FastAPIWebSocket}
    events.__annotations__ = {"request": FastAPIRequest}
    app.add_api_websocket_route("/chat", chat)
    app.add_api_route("/events", events, response_model=None)
    return app


def in_litestar(channels: Channels) -> Any:
    async def chat(socket: Any) -> None:
        await channels.websocket(socket, "room:7", on_text=lambda text: channels.publish("room:7", text), last=5)

    async def events(request: Any) -> Stream:
        after = request.headers.get("last-event-id")
        return Stream(channels.event_stream("room:7", after=after), media_type="text/event-stream")

    chat.__annotations__ = {"socket": LitestarWebSocket, "return": None}
    events.__annotations__ = {"request": LitestarRequest, "return": Stream}
    return Litestar([websocket("/chat")(chat), get("/events")(events)], openapi_config=None)


def in_a_bare_callable(channels: Channels) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            socket = WebSocket(scope, receive, send)
            await channels.websocket(socket, "room:7", on_text=lambda text: channels.publish("room:7", text), last=5)
        elif scope["type"] == "http":
            await channels.events(Request(scope, receive), "room:7")(scope, receive, send)

    return app


APPLICATIONS = [in_fastapi, in_litestar, in_a_bare_callable]


@pytest.mark.parametrize("make", APPLICATIONS)
def test_a_websocket_carries_a_channel(make: Any) -> None:
    app = make(Channels())
    client = TestClient(app, lint=False, lifespan="off")
    with client, client.websocket_connect("/chat") as one, client.websocket_connect("/chat") as two:
        one.send_text("hello")
        assert one.receive_text() == two.receive_text() == '"hello"'
        two.send_text("and")
        assert one.receive_text() == two.receive_text() == '"and"'
        with client.websocket_connect("/chat") as late:
            assert [late.receive_text(), late.receive_text()] == ['"hello"', '"and"']


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("make", APPLICATIONS)
async def test_an_event_stream_continues_after_the_last_event_id(make: Any, anyio_backend: str) -> None:
    channels = Channels()
    app = make(channels)
    cursors = [await channels.publish("room:7", number) for number in range(3)]
    body, arrived = bytearray(), anyio.Event()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/events",
        "raw_path": b"/events",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver"), (b"last-event-id", cursors[1].encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
    requested = False

    async def receive() -> Any:
        nonlocal requested
        if requested:
            await anyio.sleep_forever()
        requested = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.extend(message.get("body", b""))
        if b"data: 2\n\n" in body:
            arrived.set()

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(app, scope, receive, send)
            await arrived.wait()
            group.cancel_scope.cancel()
    assert bytes(body) == f"id: {cursors[2]}\ndata: 2\n\n".encode()
