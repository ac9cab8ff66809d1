"""The application that is soaked, and its figures. SOAK_PLANT names a leak that it has on purpose."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from armillary.asgi_types import Middleware
from armillary.background import BackgroundTask
from armillary.channels import Channels
from armillary.compression import CompressionMiddleware
from armillary.concurrency import BACKGROUND, ENDPOINTS, FILES
from armillary.http import EventSourceResponse, FileResponse, JSONResponse, Request, Response, StreamingResponse
from armillary.resilience import TimeoutMiddleware
from armillary.routing import Route, WebSocketRoute
from armillary.sessions import MemoryStore, ServerSessionMiddleware
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session, transactional
from armillary.web import Armillary
from armillary.websockets import WebSocket

PLANT = os.environ.get("SOAK_PLANT", "")
FOLDER = Path(tempfile.mkdtemp(prefix="soak-"))
LARGE_FILE = FOLDER / "large.bin"
database = Database(f"sqlite:///{FOLDER}/soak.db")
channels = Channels("memory://")
kept: list[Any] = []


def leak(kind: str, request: Request) -> None:
    """Leak one thing, if that was asked for."""
    if kind == PLANT == "memory":
        kept.append(request)
    elif kind == PLANT == "descriptors":
        kept.append(os.open(__file__, os.O_RDONLY))
    elif kind == PLANT == "tasks":
        kept.append(asyncio.ensure_future(asyncio.Event().wait()))


async def plain(request: Request) -> Response:
    leak("memory", request)
    return JSONResponse({"hello": "world"})


def in_thread(request: Request) -> Response:
    return JSONResponse({"hello": "from a thread"})


async def echo_json(request: Request) -> Response:
    return JSONResponse(await request.json(), background=BackgroundTask(len, "done"))


async def upload(request: Request) -> Response:
    leak("descriptors", request)
    async with request.form() as form:
        file: Any = form["file"]
        return JSONResponse({"size": len(await file.read())})


async def visits(request: Request) -> Response:
    count = request.session["visits"] = request.session.get("visits", 0) + 1
    return JSONResponse({"visits": count})


@transactional()
async def count(request: Request) -> Response:
    await database_session(request).execute(text("UPDATE counted SET number = number + 1"))
    return JSONResponse({"number": await database_session(request).scalar(text("SELECT number FROM counted"))})


async def pieces(number: int) -> AsyncIterator[bytes]:
    for _ in range(number):
        await asyncio.sleep(0)
        yield b"x" * 16_000


async def stream(request: Request) -> Response:
    return StreamingResponse(pieces(int(request.query_params.get("pieces", "20"))), media_type="text/plain")


async def file(request: Request) -> Response:
    return FileResponse(LARGE_FILE)


async def ticks() -> AsyncIterator[str]:
    while True:
        yield "tick"
        await asyncio.sleep(0.01)


async def events(request: Request) -> Response:
    leak("tasks", request)
    return EventSourceResponse(ticks())


async def news(request: Request) -> Any:
    return channels.events(request, "news", last=1)


async def publish(request: Request) -> Response:
    await channels.publish("news", "news")
    return Response(status_code=204)


async def echo(websocket: WebSocket) -> None:
    async with websocket:
        async for message in websocket:
            await websocket.send_text(str(message))


def resident_kib() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def figures(request: Request) -> Response:
    """What this process holds, after a full garbage collection."""
    for _ in range(2):
        gc.collect()
    return JSONResponse(
        {
            "pid": os.getpid(),
            "blocks": sys.getallocatedblocks(),
            "resident": resident_kib(),
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": len(asyncio.all_tasks()),
            "in threads": sum(limiter.in_use + limiter.waiting for limiter in (ENDPOINTS, FILES, BACKGROUND)),
            "connections": database.pool_status().in_use,
        }
    )


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    LARGE_FILE.write_bytes(os.urandom(1_000_000))
    async with database, channels.lifespan(app):
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE IF NOT EXISTS counted (number INTEGER)"))
            await connection.execute(text("INSERT INTO counted VALUES (0)"))
        yield


app = Armillary(
    routes=[
        Route("/plain", plain),
        Route("/in-thread", in_thread),
        Route("/json", echo_json, methods=["POST"]),
        Route("/upload", upload, methods=["POST"]),
        Route("/visits", visits),
        Route("/count", count, methods=["POST"]),
        Route("/stream", stream),
        Route("/file", file),
        Route("/events", events),
        Route("/news", news),
        Route("/publish", publish, methods=["POST"]),
        WebSocketRoute("/echo", echo),
        Route("/figures", figures),
    ],
    middleware=[
        Middleware(CompressionMiddleware),
        Middleware(TimeoutMiddleware, 60),
        Middleware(ServerSessionMiddleware, MemoryStore(), https_only=False),
        Middleware(TransactionMiddleware, database),
    ],
    lifespan=lifespan,
)
