"""One route for each behaviour of HTTP that servers could differ in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio

from armillary.applications import Armillary
from armillary.http import (
    EventSourceResponse,
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
)
from armillary.routing import Route, WebSocketRoute
from armillary.websockets import WebSocket, WebSocketDisconnect

LOG = Path(os.environ["STORIES_LOG"])
FILE = LOG.with_name("file.bin")
events_by_id: dict[str, list[str]] = {}


def write_log(line: str) -> None:
    with LOG.open("a") as log:
        log.write(line + "\n")


def events_of(request: Any) -> list[str]:
    return events_by_id.setdefault(request.query_params.get("id", ""), [])


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    write_log("started")
    yield {"opened": "yes"}
    write_log("ended")


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello", headers={"X-Twice": "one"})


async def about(request: Request) -> Response:
    scope = request.scope
    return JSONResponse(
        {
            "extensions": sorted(scope.get("extensions") or {}),
            "http_version": scope["http_version"],
            "lifespan": getattr(request.state, "opened", "no") if "state" in scope else "no",
            "client": scope["client"] is not None and scope["client"][0],
            "raw_path": scope.get("raw_path") is not None,
            "query": request.url.query,
            "path": request.url.path,
        }
    )


async def digest(request: Request) -> Response:
    total, found = 0, hashlib.sha256()
    async for part in request.stream():
        total += len(part)
        found.update(part)
    return JSONResponse([total, found.hexdigest()])


async def echo(request: Request) -> Response:
    return StreamingResponse(request.stream(), media_type="application/octet-stream")


async def polled(request: Request) -> Response:
    for _ in range(30):
        if await request.is_disconnected():
            return PlainTextResponse("disconnected")
        await anyio.sleep(0.01)
    return PlainTextResponse((await request.body()).decode())


async def parts(request: Request) -> Response:
    async def content() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"part %d\n" % number

    return StreamingResponse(content(), media_type="text/plain")


async def large(request: Request) -> Response:
    return Response(b"x" * (8 * 2**20), media_type="application/octet-stream")


async def endless(request: Request) -> Response:
    events = events_of(request)

    async def content() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"more\n"
                await anyio.sleep(0.05)
        finally:
            events.append("stream closed")

    return StreamingResponse(content(), media_type="text/plain")


async def computed(request: Request) -> Response:
    """Rows without end whose source never waits."""
    events = events_of(request)

    async def content() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"row\n" * 250
        finally:
            events.append("stream closed")

    kind = EventSourceResponse if request.query_params.get("as") == "events" else StreamingResponse
    return kind(content())


async def waits(request: Request) -> Response:
    events = events_of(request)
    events.append("waiting")
    with anyio.move_on_after(10):
        while not await request.is_disconnected():  # noqa: ASYNC110 - polling is what is tested
            await anyio.sleep(0.05)
        events.append("disconnected")
    return PlainTextResponse("never read")


async def trailing(request: Request) -> Response:
    async def content() -> AsyncIterator[bytes]:
        yield b"body"

    return StreamingResponse(content(), media_type="text/plain", trailers=lambda: {"X-Checksum": "abc"})


async def hinted(request: Request) -> Response:
    await request.send_early_hints("</app.css>; rel=preload; as=style")
    return PlainTextResponse("page")


async def file(request: Request) -> Response:
    return FileResponse(FILE, media_type="application/octet-stream")


async def empty(request: Request) -> Response:
    return Response(status_code=204)


async def broken(request: Request) -> Response:
    raise RuntimeError("meant to fail")


async def aborted(request: Request) -> Response:
    async def content() -> AsyncIterator[bytes]:
        yield b"begun"
        raise RuntimeError("meant to fail")

    return StreamingResponse(content(), headers={"Content-Length": "100"})


async def slow(request: Request) -> Response:
    write_log("slow began")
    await anyio.sleep(1)
    write_log("slow ended")
    return PlainTextResponse("finished")


async def reported_events(request: Request) -> Response:
    return JSONResponse(events_of(request))


async def talk(websocket: WebSocket) -> None:
    events = events_by_id.setdefault(websocket.query_params.get("id", ""), [])
    await websocket.accept()
    try:
        while True:
            message = await websocket.receive_text()
            if message == "close":
                await websocket.close(4001, "as requested")
                return
            await websocket.send_text(message)
    except WebSocketDisconnect as exc:
        events.append(f"left with {exc.code}")


app = Armillary(
    lifespan=lifespan,
    routes=[
        Route("/hello", hello, methods=["GET"]),
        Route("/about/{rest:path}", about),
        Route("/digest", digest, methods=["POST"], max_body_size=64 * 2**20),
        Route("/echo", echo, methods=["POST"], max_body_size=64 * 2**20),
        Route("/limited", digest, methods=["POST"], max_body_size=1000),
        Route("/polled", polled, methods=["POST"]),
        Route("/parts", parts),
        Route("/large", large),
        Route("/endless", endless),
        Route("/computed", computed),
        Route("/waits", waits),
        Route("/trailing", trailing),
        Route("/hinted", hinted),
        Route("/file", file),
        Route("/empty", empty),
        Route("/broken", broken),
        Route("/aborted", aborted),
        Route("/slow", slow),
        Route("/events", reported_events),
        WebSocketRoute("/talk", talk),
    ],
)
