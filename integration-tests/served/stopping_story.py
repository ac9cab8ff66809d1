"""Endless event streams and WebSockets, and background tasks that outlive their response."""

from __future__ import annotations

import os
from pathlib import Path

import anyio

from armillary.asgi_types import Receive, Scope, Send, StopSignal, scope_record
from armillary.background import BackgroundTask, Stopping
from armillary.websockets import WebSocket, websocket_session

LOG = Path(os.environ["STOPPING_LOG"])


def write_log(line: str) -> None:
    with LOG.open("a") as log:
        log.write(line + "\n")


async def stream(scope: Scope, send: Send) -> None:
    """Send events until the server stops."""
    stopping: StopSignal = scope_record(scope)["stopping"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
    await stopping.wait()
    await send({"type": "http.response.body", "body": b"retry: 100\n\n"})
    write_log("stream ended")


async def respond_then_work(send: Send, seconds: float) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

    async def work() -> None:
        write_log("work began")
        await anyio.sleep(seconds)
        write_log("work done")

    await BackgroundTask(work)()


@websocket_session
async def chat(websocket: WebSocket) -> None:
    async with websocket:
        await websocket.send_text("welcome")
        async for _ in websocket.iter_text():
            pass
    write_log("chat ended")


@websocket_session
async def ticks(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text("tick")
        await anyio.sleep(0.05)


async def routed(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        write_log("lifespan ended")
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await (chat if scope["path"] == "/chat" else ticks)(scope, receive, send)
    elif scope["path"] == "/stream":
        await stream(scope, send)
    elif scope["path"] == "/stop":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        app.stop()
    else:
        await respond_then_work(send, 0.3 if scope["path"] == "/short" else 60)


app = Stopping(
    routed, drain_timeout=1.0, on_unfinished=lambda unfinished: write_log(f"unfinished: {unfinished.task.name}")
)
