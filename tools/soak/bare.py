"""The same responses from bare callables: what a server keeps by itself, with nothing of this project in it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from typing import Any

EMPTY_FIGURES = {"in threads": 0, "connections": 0}
"""Of what is not there."""


def figures() -> dict[str, float]:
    """What this process holds, after a full garbage collection."""
    for _ in range(2):
        gc.collect()
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    counted = {"descriptors": len(os.listdir("/proc/self/fd")), "tasks": len(asyncio.all_tasks())}
    return {"blocks": sys.getallocatedblocks(), "resident": resident, **counted, **EMPTY_FIGURES}


async def body_of(receive: Any) -> bytes | None:
    """Return the body of a request; None if the client leaves first."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        piece: bytes = message.get("body", b"")
        body += piece
        if not message.get("more_body"):
            return body


async def begin(send: Any, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def respond(send: Any, content: bytes, status: int = 200) -> None:
    await begin(send, status, [(b"content-length", b"%d" % len(content))] if status == 200 else [])
    await send({"type": "http.response.body", "body": content})


async def stream(receive: Any, send: Any, piece: bytes, pieces: int | None, pause: float) -> None:
    """Send pieces until the client leaves."""
    left = asyncio.ensure_future(receive())
    try:
        await begin(send, 200, [(b"content-type", b"text/plain")])
        while not left.done() and pieces != 0:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            pieces = None if pieces is None else pieces - 1
            await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()


async def echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def live(receive: Any, send: Any) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        return await live(receive, send)
    if scope["type"] == "websocket":
        return await echo(receive, send)
    path = scope["path"]
    body = await body_of(receive)
    if body is None:
        return None
    if path in ("/events", "/news"):
        return await stream(receive, send, b"data: tick\n\n", None, 0.01)
    if path == "/stream":
        pieces = int(scope["query_string"].partition(b"=")[2] or 20)
        return await stream(receive, send, b"x" * 16_000, pieces, 0)
    if path == "/publish":
        return await respond(send, b"", 204)
    contents: dict[str, Any] = {"/visits": {"visits": 1}, "/upload": {"size": 300_000}, "/figures": {}}
    if path == "/figures":
        contents[path] = figures()
    content = json.dumps(contents.get(path, {}))
    if path == "/json":
        content = json.dumps(json.loads(body), separators=(",", ":"))
    return await respond(send, b"x" * 1_000_000 if path == "/file" else content.encode())
