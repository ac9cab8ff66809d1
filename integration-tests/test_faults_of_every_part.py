"""Every part and example under every fault: no hang, no leak, no half response, no lost write."""

from __future__ import annotations

import importlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from charter import ROOT
from sqlalchemy import text
from testkit import ASYNCIO

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Middleware
from armillary.background import BackgroundTask
from armillary.compression import CompressionMiddleware
from armillary.concurrency import BACKGROUND, ENDPOINTS, FILES
from armillary.cors import CORSMiddleware
from armillary.http import (
    EventSourceResponse,
    FileResponse,
    JSONLinesResponse,
    JSONResponse,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
)
from armillary.logging import AccessLogMiddleware
from armillary.resilience import TimeoutMiddleware
from armillary.routing import Route, WebSocketRoute
from armillary.security import SecurityHeadersMiddleware
from armillary.sessions import MemoryStore, ServerSessionMiddleware, SessionMiddleware
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session, transactional
from armillary.staticfiles import StaticFiles
from armillary.testing.faults import FaultReport, FaultRequest, FaultRun, enumerate_faults
from armillary.websockets import WebSocket

pytestmark = [pytest.mark.anyio, pytest.mark.nightly]  # some 1,500 runs for each stack

BOUNDARY = "an-end"
FORM_HEADERS = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
FORM = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n'
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n\r\n{"z" * 1_200_000}\r\n'
    f"--{BOUNDARY}--\r\n"
).encode()
PIECES = [FORM[start : start + 400_000] for start in range(0, len(FORM), 400_000)]
GAUGES: dict[str, Callable[[], float]] = {
    f"threads of {limiter.name}": (lambda limiter=limiter: limiter.in_use + limiter.waiting)  # type: ignore[misc]
    for limiter in (ENDPOINTS, FILES, BACKGROUND)
}


async def plain(request: Request) -> Response:
    return PlainTextResponse("plain")


def in_thread(request: Request) -> Response:
    return PlainTextResponse("in a thread")


async def echo_json(request: Request) -> Response:
    return JSONResponse(await request.json())


async def upload(request: Request) -> Response:
    async with request.form() as form:
        content = await form["file"].read()
        return JSONResponse({"size": len(content)})


class Source:
    """Counts generators that were begun and not closed."""

    open = 0

    async def numbers(self, count: int) -> AsyncIterator[str]:
        Source.open += 1
        try:
            for number in range(count):
                await anyio.lowlevel.checkpoint()
                yield f"{number}\n"
        finally:
            Source.open -= 1

    def blocking(self) -> Any:
        Source.open += 1
        try:
            for number in range(3):
                yield f"{number}\n"
        finally:
            Source.open -= 1


async def stream(request: Request) -> Response:
    return StreamingResponse(Source().numbers(5))


async def stream_in_thread(request: Request) -> Response:
    return StreamingResponse(Source().blocking())


async def lines(request: Request) -> Response:
    return JSONLinesResponse(Source().numbers(5))


async def events(request: Request) -> Response:
    return EventSourceResponse(Source().numbers(100))


async def file(request: Request) -> Response:
    return FileResponse(__file__)


async def count_visits(request: Request) -> Response:
    visits = request.session["visits"] = request.session.get("visits", 0) + 1
    return JSONResponse({"visits": visits})


async def with_background(request: Request) -> Response:
    done: list[int] = []
    return PlainTextResponse("accepted", background=BackgroundTask(done.append, 1))


async def echo(websocket: WebSocket) -> None:
    async with websocket:
        async for message in websocket:
            await websocket.send_text(f"{message!r}")


async def echo_by_hand(websocket: WebSocket) -> None:
    await websocket.accept()
    async for message in websocket:
        await websocket.send_text(f"{message!r}")


async def ticks(websocket: WebSocket) -> None:
    async with websocket:
        while True:
            await websocket.send_text("tick")
            await anyio.sleep(0.001)


ROUTES = [
    Route("/plain", plain),
    Route("/in-thread", in_thread),
    Route("/json", echo_json, methods=["POST"]),
    Route("/upload", upload, methods=["POST"]),
    Route("/stream", stream),
    Route("/stream-in-thread", stream_in_thread),
    Route("/lines", lines),
    Route("/events", events),
    Route("/file", file),
    Route("/visits", count_visits),
    Route("/background", with_background),
    WebSocketRoute("/echo", echo),
    WebSocketRoute("/echo-by-hand", echo_by_hand),
    WebSocketRoute("/ticks", ticks),
]
JSON_HEADERS = {"content-type": "application/json"}
REQUESTS = [
    FaultRequest("/plain"),
    FaultRequest("/in-thread"),
    FaultRequest("/json", method="POST", headers=JSON_HEADERS, body=[b'{"a": ', b"1}"]),
    FaultRequest("/upload", method="POST", headers=FORM_HEADERS, body=PIECES),
    FaultRequest("/stream"),
    FaultRequest("/stream-in-thread"),
    FaultRequest("/lines"),
    FaultRequest("/events", max_sends=5),
    FaultRequest("/file"),
    FaultRequest("/file", headers={"range": "bytes=1-100"}, name="GET /file, a range"),
    FaultRequest("/file", headers={"range": "bytes=1-100,200-300"}, name="GET /file, two ranges"),
    FaultRequest("/visits"),
    FaultRequest("/background"),
    FaultRequest("/nothing"),
    FaultRequest("/echo", websocket=["one", b"two"]),
    FaultRequest("/echo-by-hand", websocket=["one", b"two"]),
    FaultRequest("/ticks", websocket=["one"], max_sends=5),
]
KEY = "a key for these tests only"
STACKS: dict[str, Callable[[], list[Middleware]]] = {
    "cookie": lambda: [Middleware(SessionMiddleware, KEY)],
    "server": lambda: [Middleware(ServerSessionMiddleware, MemoryStore())],
    "many": lambda: [
        Middleware(AccessLogMiddleware),
        Middleware(CORSMiddleware, allow_origins=["*"]),
        Middleware(SecurityHeadersMiddleware),
        Middleware(CompressionMiddleware, minimum_size=1),
        Middleware(ServerSessionMiddleware, MemoryStore()),
        Middleware(TimeoutMiddleware, 30),
    ],
}


async def enumerate_all(app: ASGIApp, requests: list[FaultRequest], **options: Any) -> FaultReport:
    gauges = {**GAUGES, "open generators": lambda: Source.open}
    return await enumerate_faults(app, requests, gauges=gauges, seconds=3.0, **options)


@pytest.mark.parametrize("stack", STACKS)
async def test_every_part_bears_every_fault(stack: str) -> None:
    app = Armillary(routes=ROUTES, middleware=STACKS[stack]())
    compressed = [
        FaultRequest(f"/{path}", headers={"accept-encoding": "gzip"}, name=f"GET /{path}, compressed", max_sends=8)
        for path in ("stream", "file", "events")
    ]
    report = await enumerate_all(app, [*REQUESTS, *(compressed if stack == "many" else [])])
    report.raise_findings()


async def test_static_files_bear_every_fault(tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(b"x" * 1_000_000)
    report = await enumerate_all(StaticFiles(directory=tmp_path), [FaultRequest("/large.bin"), FaultRequest("/none")])
    report.raise_findings()


EXAMPLES = {
    "hello": [FaultRequest("/"), FaultRequest("/hello/ada"), FaultRequest("/echo", method="POST", body=[b"a", b"b"])],
    "chat": [FaultRequest("/"), FaultRequest("/chat?name=ada", websocket=["hello"])],
    "site": [FaultRequest("/"), FaultRequest("/stars.json")],
    "login": [FaultRequest("/"), FaultRequest("/login")],
    "graphql": [
        FaultRequest(
            "/graphql", method="POST", headers=JSON_HEADERS, body=[json.dumps({"query": "{ __typename }"}).encode()]
        )
    ],
}


@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_example_bears_every_fault(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.chdir(tmp_path)  # some store their files in the current folder
    app = importlib.import_module(f"examples.{name}.app").app
    (await enumerate_all(app, EXAMPLES[name])).raise_findings()


@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
async def test_a_transfer_that_was_acknowledged_is_in_the_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/faults.db")

    @transactional()
    async def write(request: Request) -> Response:
        key = request.headers["x-fault-id"]
        await database_session(request).execute(text("INSERT INTO written VALUES (:key)"), {"key": key})
        return PlainTextResponse("written", 201)

    async def check(run: FaultRun) -> str | None:
        async with database.engine.connect() as connection:
            query = text("SELECT count(*) FROM written WHERE key = :key")
            rows = (await connection.execute(query, {"key": run.id})).scalar_one()
        return "acknowledged and not stored" if run.status == 201 and not rows else None

    app = Armillary(
        routes=[Route("/write", write, methods=["POST"])], middleware=[Middleware(TransactionMiddleware, database)]
    )
    async with database:
        async with database.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE written (key TEXT PRIMARY KEY)"))
        report = await enumerate_all(app, [FaultRequest("/write", method="POST")], check=check)
    report.raise_findings()
