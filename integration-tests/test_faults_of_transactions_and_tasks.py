"""The bank, channels on Redis, tasks, idempotent requests and typed endpoints, under every fault."""

from __future__ import annotations

import gc
import importlib
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import msgspec
import pytest
from charter import ROOT
from testkit import ASYNCIO, TRIO, UVLOOP, own_postgresql_database, require_port

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Middleware
from armillary.binding import Depends, Query
from armillary.channels import Channels
from armillary.concurrency import ENDPOINTS, FILES
from armillary.http import JSONResponse, PlainTextResponse, Request, Response
from armillary.idempotency import IdempotencyMiddleware, MemoryStore
from armillary.idempotency.redis import RedisStore
from armillary.routing import Route, WebSocketRoute
from armillary.tasks import Tasks, TasksMiddleware, status_response
from armillary.testing import AsyncTestClient
from armillary.testing.faults import FaultReport, FaultRequest, FaultRun, enumerate_faults
from armillary.websockets import WebSocket

pytestmark = [pytest.mark.anyio, pytest.mark.nightly]
REDIS = "redis://127.0.0.1:6379/9"
JSON = {"content-type": "application/json"}
MEMORY_AND_REDIS = [
    pytest.param("memory", *ASYNCIO.values, id="memory-asyncio"),
    pytest.param("memory", *TRIO.values, id="memory-trio"),
    pytest.param("redis", *ASYNCIO.values, id="redis"),
    pytest.param("redis", *UVLOOP.values, id="redis-uvloop", marks=pytest.mark.uvloop),
]


@pytest.fixture(autouse=True)
def errors_of_clients_that_left(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log names the `BrokenPipeError` that `send` raises for a client that has left."""
    caplog.set_level(logging.ERROR)
    yield
    assert [record.getMessage() for record in caplog.records if "BrokenPipeError" in record.getMessage()] == []


async def find(app: ASGIApp, *requests: FaultRequest, gauges: Any = None, check: Any = None) -> FaultReport:
    limiters = (ENDPOINTS, FILES)
    threads = {limiter.name: (lambda limiter=limiter: limiter.in_use + limiter.waiting) for limiter in limiters}
    return await enumerate_faults(app, requests, check=check, gauges={**threads, **(gauges or {})}, seconds=5.0)


def post(path: str, **data: Any) -> FaultRequest:
    """A POST of JSON that arrives in two pieces."""
    body = json.dumps(data).encode()
    return FaultRequest(path, method="POST", headers=JSON, body=[body[:10], body[10:]], name=f"POST {path} {data}")


@pytest.fixture(params=["sqlite", "postgresql"])
def bank(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with own_postgresql_database() as url:
        monkeypatch.syspath_prepend(str(ROOT))
        monkeypatch.setenv("BANK_DATABASE", f"sqlite:///{tmp_path}/bank.db" if request.param == "sqlite" else url)
        for name in ("examples.bank.app", "examples.bank.accounts"):
            sys.modules.pop(name, None)
        yield importlib.import_module("examples.bank.app")


def open_descriptors() -> list[str]:
    """Return what the descriptors of this process refer to."""
    return [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]


@pytest.fixture
def psycopg_logs_text() -> Iterator[None]:
    """Let records of psycopg's log hold no objects.

    One for a pipeline that broke refers to an exception, its traceback, and so to the socket over which a statement
    was being cancelled; pytest keeps all records until the end of a test.
    """

    def to_text(record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage(), None
        return True

    logger = logging.getLogger("psycopg")
    logger.addFilter(to_text)
    yield
    logger.removeFilter(to_text)


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
@pytest.mark.usefixtures("psycopg_logs_text")
async def test_the_bank_keeps_its_total_and_no_connection_under_every_fault(bank: Any, tmp_path: Path) -> None:
    async with AsyncTestClient(bank.app) as client:

        async def check(run: FaultRun) -> str | None:
            response = await client.get("/accounts")
            if response.status_code != 200:
                return f"the next request is a {response.status_code}: {response.text}"
            total = sum(response.json().values())
            return None if total == 300 else f"the accounts hold {total}"

        async with AsyncExitStack() as stack:  # the pool opens what it keeps
            for _ in range(5):
                session = await stack.enter_async_context(bank.database.transaction(read_only=True))
                await session.connection()
        begun = len(open_descriptors())
        report = await find(
            bank.app,
            FaultRequest("/"),
            FaultRequest("/accounts"),
            post("/transfers", **{"from": "Ada", "to": "Bob", "amount": 1}),
            post("/transfers", **{"from": "Ada", "to": "Bob", "amount": 1000}),
            post("/graphql", query='mutation { transfer(source: "Bob", target: "Ada", amount: 1) }'),
            FaultRequest("/ready"),
            gauges={"connections": lambda: bank.database.pool_status().in_use},
            check=check,
        )
        # The pool opens a connection for each that a fault made it discard, so only the whole number says something;
        # and SQLite keeps the descriptor of a connection that is closed while others are open, for the next one.
        report.findings = [finding for finding in report.findings if finding.kind != "leaked descriptor"]
        report.raise_findings()
        kept = 15 if bank.database.engine.dialect.name == "sqlite" else 0
        with anyio.move_on_after(15):  # the relay of the outbox uses a connection from time to time
            while len(open_descriptors()) > begun + kept:
                gc.collect()  # a handshake that psycopg gives up leaves its socket in garbage
                await anyio.sleep(0.05)
        assert len(open_descriptors()) <= begun + kept, open_descriptors()
    assert [target for target in open_descriptors() if target.startswith(str(tmp_path))] == []


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_channels_on_redis_bear_every_fault_of_those_they_carry_to() -> None:
    require_port(6379)
    channels = Channels(REDIS, prefix=f"faults_{uuid4().hex[:12]}")

    async def news(request: Request) -> Response:
        return channels.events(request, "news", last=2)

    async def publish(request: Request) -> Response:
        await channels.publish("news", request.headers["x-fault-id"])
        return PlainTextResponse("published", 201)

    async def chat(websocket: WebSocket) -> None:
        async def say(said: str) -> None:
            await channels.publish("chat", said)

        await channels.websocket(websocket, "chat", on_text=say)

    app = Armillary(
        routes=[Route("/news", news), Route("/publish", publish, methods=["POST"]), WebSocketRoute("/chat", chat)],
        lifespan=channels.lifespan,
    )

    async def check(run: FaultRun) -> str | None:
        kept = [message.data for message in await channels.history("news", last=5)]
        return "acknowledged and not kept" if run.status == 201 and run.id not in kept else None

    async with AsyncTestClient(app) as client:
        for _ in range(2):
            await client.post("/publish", headers={"x-fault-id": "begun"})
        requests = FaultRequest("/publish", method="POST"), FaultRequest("/news", max_sends=2)
        report = await find(app, *requests, FaultRequest("/chat", websocket=["one", "two"]), check=check)
    report.raise_findings()


@pytest.mark.parametrize(("kind", "anyio_backend"), MEMORY_AND_REDIS)
async def test_a_task_that_was_acknowledged_is_done_once_or_kept_for_a_worker(kind: str) -> None:
    require_port(6379)
    tasks = Tasks(REDIS if kind == "redis" else "memory://", queue=f"faults_{uuid4().hex}")
    done: list[str] = []
    enqueued: dict[str, str] = {}

    @tasks.task
    async def note(key: str) -> None:
        done.append(key)

    async def enqueue(request: Request) -> Response:
        key = request.headers["x-fault-id"]
        enqueued[key] = (await note.enqueue(key)).id
        return JSONResponse({"task": enqueued[key]}, 202)

    async def status(request: Request) -> Response:
        return await status_response(request, tasks.find(request.path_params["task"]), interval=0.01)

    app = Armillary(
        routes=[Route("/tasks", enqueue, methods=["POST"]), Route("/tasks/{task}", status)],
        middleware=[Middleware(TasksMiddleware, tasks)],
    )

    async def check(run: FaultRun) -> str | None:
        if run.status != 202 or run.request.method != "POST":
            return None
        if kind == "redis":  # no worker runs
            kept = await tasks.find(enqueued[run.id]).status()
            return "acknowledged and not kept" if kept is None else None
        with anyio.move_on_after(5):
            while run.id not in done:  # noqa: ASYNC110 - there is no event for it
                await anyio.sleep(0.005)
        return f"acknowledged and done {done.count(run.id)} times" if done.count(run.id) != 1 else None

    async with AsyncTestClient(app) as client:
        first = (await client.post("/tasks", headers={"x-fault-id": "first"})).json()["task"]
        events = FaultRequest(f"/tasks/{first}", headers={"accept": "text/event-stream"}, max_sends=1, name="events")
        report = await find(
            app, FaultRequest("/tasks", method="POST"), FaultRequest(f"/tasks/{first}"), events, check=check
        )
    report.raise_findings()


@pytest.mark.parametrize(("kind", "anyio_backend"), MEMORY_AND_REDIS)
async def test_an_idempotent_request_has_one_effect_and_one_response(kind: str) -> None:
    require_port(6379)
    store: Any = RedisStore(REDIS, prefix=f"faults-{uuid4().hex}:") if kind == "redis" else MemoryStore()
    effects: list[str] = []

    async def pay(request: Request) -> Response:
        key = json.loads(await request.body())["key"]
        await anyio.lowlevel.checkpoint()
        effects.append(key)
        return JSONResponse({"payment": len(effects)}, 201)

    app = Armillary(
        routes=[Route("/payments", pay, methods=["POST"])],
        middleware=[Middleware(IdempotencyMiddleware, store, required=True, lease=2.0)],
    )

    async with AsyncTestClient(app) as client:

        async def check(run: FaultRun) -> str | None:
            again = await client.post("/payments", json={"key": "one"}, headers={"idempotency-key": '"one"'})
            problems = again.status_code not in (201, 409) or effects.count("one") > 1
            return f"repeated, it is a {again.status_code}, with {effects.count('one')} effects" if problems else None

        first = await client.post("/payments", json={"key": "one"}, headers={"idempotency-key": '"one"'})
        assert first.status_code == 201
        body = [b'{"key": ', b'"one"}']
        repeated = FaultRequest("/payments", method="POST", headers={**JSON, "idempotency-key": '"one"'}, body=body)
        report = await find(app, repeated, check=check)
    if kind == "redis":
        await store.close()
    report.raise_findings()


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


class Held:
    """Counts what dependencies hold."""

    count = 0


async def resource() -> AsyncIterator[str]:
    Held.count += 1
    try:
        await anyio.lowlevel.checkpoint()
        yield "held"
    finally:
        Held.count -= 1


async def show(number: int, held: Annotated[str, Depends(resource)], units: Annotated[str, Query()] = "si") -> Star:
    return Star(f"{number} {units} {held}")


def show_in_thread(number: int, held: Annotated[str, Depends(resource)]) -> Star:
    return Star(f"{number} {held}")


async def add(star: Star, held: Annotated[str, Depends(resource)]) -> Star:
    return star


async def all_of_them(held: Annotated[str, Depends(resource)]) -> AsyncIterator[Star]:
    for number in range(3):
        await anyio.lowlevel.checkpoint()
        yield Star(f"{number}")


async def test_typed_endpoints_close_what_they_depend_on_under_every_fault() -> None:
    app = Armillary(
        routes=[
            Route("/stars/{number}", show),
            Route("/threads/{number}", show_in_thread),
            Route("/stars", add, methods=["POST"]),
            Route("/stream", all_of_them),
        ]
    )
    report = await find(
        app,
        FaultRequest("/stars/1?units=cgs"),
        FaultRequest("/stars/none"),
        FaultRequest("/threads/1"),
        post("/stars", name="Vega", magnitude=0.03),
        post("/stars", name=1),
        FaultRequest("/stream"),
        gauges={"dependencies": lambda: Held.count},
    )
    report.raise_findings()
