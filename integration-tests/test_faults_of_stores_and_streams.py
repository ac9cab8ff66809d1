"""What is stored and what is streamed, under every fault: nothing lost, nothing left open."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import pytest
import strawberry
from dishka import Provider, Scope, provide
from testkit import ASYNCIO, TRIO, UVLOOP, own_postgresql_database, require_port

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Middleware, Receive, Send
from armillary.channels import Channels
from armillary.concurrency import ENDPOINTS, FILES
from armillary.graphql import GraphQL
from armillary.http import JSONResponse, PlainTextResponse, Request, Response
from armillary.injection import Injection, InjectionMiddleware, inject
from armillary.ratelimit import RateLimitMiddleware
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.sessions import ServerSessionMiddleware, SessionStore
from armillary.sessions.redis import RedisStore
from armillary.sessions.sql import SQLStore
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
THREADS: dict[str, Callable[[], float]] = {
    f"threads of {limiter.name}": (lambda limiter=limiter: limiter.in_use + limiter.waiting)  # type: ignore[misc]
    for limiter in (ENDPOINTS, FILES)
}


async def find(app: ASGIApp, *requests: FaultRequest, gauges: Any = None, check: Any = None) -> FaultReport:
    return await enumerate_faults(app, requests, check=check, gauges={**THREADS, **(gauges or {})}, seconds=5.0)


@asynccontextmanager
async def redis_store(tmp_path: Path) -> AsyncGenerator[tuple[SessionStore, dict[str, Callable[[], float]]]]:
    require_port(6379)
    store = RedisStore(REDIS, prefix=f"faults-{uuid4().hex}:")
    yield store, {}
    await store.close()


@asynccontextmanager
async def sqlite_store(tmp_path: Path) -> AsyncGenerator[tuple[SessionStore, dict[str, Callable[[], float]]]]:
    store = SQLStore(f"sqlite+aiosqlite:///{tmp_path}/sessions.db")
    await store.create_table()
    yield store, {}
    await store.close()


@asynccontextmanager
async def postgresql_store(tmp_path: Path) -> AsyncGenerator[tuple[SessionStore, dict[str, Callable[[], float]]]]:
    from sqlalchemy.ext.asyncio import create_async_engine

    with own_postgresql_database() as url:
        engine = create_async_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        store = SQLStore(engine)
        await store.create_table()
        yield store, {"connections": engine.pool.checkedout}  # type: ignore[attr-defined]
        await engine.dispose()


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[tuple[SessionStore, Any]]]] = {
    "redis": redis_store,
    "sqlite": sqlite_store,
    "postgresql": postgresql_store,
}


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
@pytest.mark.parametrize("kind", STORES)
async def test_a_change_of_a_session_that_was_acknowledged_is_stored(kind: str, tmp_path: Path) -> None:
    async def store_id(request: Request) -> Response:
        request.session[request.headers["x-fault-id"]] = True
        return PlainTextResponse("stored", 201)

    async def stored(request: Request) -> Response:
        return JSONResponse(sorted(request.session))

    async with STORES[kind](tmp_path) as (store, gauges):
        app = Armillary(
            routes=[Route("/store", store_id, methods=["POST"]), Route("/stored", stored)],
            middleware=[Middleware(ServerSessionMiddleware, store)],
        )
        async with AsyncTestClient(app) as client:
            await client.post("/store", headers={"x-fault-id": "begun"})
            cookie = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}

            async def check(run: FaultRun) -> str | None:
                known = (await client.get("/stored")).json()
                assert "begun" in known
                return "acknowledged and not stored" if run.status == 201 and run.id not in known else None

            report = await find(app, FaultRequest("/store", method="POST", headers=cookie), gauges=gauges, check=check)
            report.raise_findings()
            report = await find(app, FaultRequest("/stored", headers=cookie), gauges=gauges)
            report.raise_findings()


@pytest.mark.parametrize(("storage", "anyio_backend"), MEMORY_AND_REDIS)
async def test_requests_that_are_counted_bear_every_fault(storage: str) -> None:
    if storage == "redis":
        require_port(6379)

    async def plain(request: Request) -> Response:
        return PlainTextResponse("plain")

    app = Armillary(
        routes=[Route("/plain", plain)],
        middleware=[Middleware(RateLimitMiddleware, "1000000/minute", storage=REDIS if storage == "redis" else None)],
    )
    (await find(app, FaultRequest("/plain"), FaultRequest("/nothing"))).raise_findings()


class Open:
    """Counts what was opened and not closed."""

    count = 0

    @classmethod
    async def words(cls) -> AsyncGenerator[str]:
        cls.count += 1
        try:
            for word in ("one", "two", "three"):
                await anyio.lowlevel.checkpoint()
                yield word
        finally:
            cls.count -= 1


@strawberry.type
class Query:
    name: str = "faults"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def words(self) -> AsyncGenerator[str]:
        async for word in Open.words():
            yield word


async def test_subscriptions_bear_every_fault_in_each_protocol() -> None:
    schema: Any = strawberry.Schema(Query, subscription=Subscription)
    app = Armillary(routes=[Route("/graphql", GraphQL(schema))])
    body = [json.dumps({"query": "subscription { words }"}).encode()]
    multipart = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
    start = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { words }"}}
    report = await find(
        app,
        FaultRequest("/graphql", method="POST", headers={**JSON, "accept": "text/event-stream"}, body=body, name="SSE"),
        FaultRequest("/graphql", method="POST", headers={**JSON, "accept": multipart}, body=body, name="multipart"),
        FaultRequest(
            "/graphql",
            websocket=[json.dumps({"type": "connection_init"}), json.dumps(start)],
            subprotocols=["graphql-transport-ws"],
        ),
        gauges={"open sources": lambda: Open.count},
    )
    report.raise_findings()


class Resource:
    """Something that a request holds."""


class Services(Provider):
    @provide(scope=Scope.REQUEST)
    async def resource(self) -> AsyncIterator[Resource]:
        Open.count += 1
        try:
            yield Resource()
        finally:
            Open.count -= 1


async def test_what_is_injected_is_closed_under_every_fault() -> None:
    @inject
    async def held(resource: Resource) -> PlainTextResponse:
        await anyio.lowlevel.checkpoint()
        return PlainTextResponse("held")

    @inject
    def held_in_thread(resource: Resource) -> PlainTextResponse:
        return PlainTextResponse("held")

    @inject
    async def held_by_a_websocket(websocket: WebSocket, resource: Resource) -> None:
        async with websocket:
            async for message in websocket:
                await websocket.send_text(str(message))

    injection = Injection(Services())
    app = Armillary(
        routes=[Route("/held", held), Route("/thread", held_in_thread), WebSocketRoute("/socket", held_by_a_websocket)],
        middleware=[Middleware(InjectionMiddleware, injection)],
    )
    async with AsyncTestClient(app):
        report = await find(
            app,
            FaultRequest("/held"),
            FaultRequest("/thread"),
            FaultRequest("/socket", websocket=["one", "two"]),
            gauges={"resources": lambda: Open.count},
        )
    report.raise_findings()


async def raw(scope: Any, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        return
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    length = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": body})


async def test_raw_applications_bear_every_fault_within_an_application() -> None:
    app = Armillary(routes=[Mount("/raw", raw)])
    report = await find(
        app,
        FaultRequest("/raw/", method="POST", body=[b"one", b"two"]),
        FaultRequest("/raw/", websocket=["one", "two"]),
    )
    report.raise_findings()


async def test_channels_bear_every_fault_of_those_they_carry_to() -> None:
    channels = Channels("memory://")

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
        if run.status != 201:
            return None
        kept = [message.data for message in await channels.history("news", last=5)]
        return None if run.id in kept else "acknowledged and not kept"

    async with AsyncTestClient(app) as client:
        await client.post("/publish", headers={"x-fault-id": "begun"})
        await client.post("/publish", headers={"x-fault-id": "begun"})
        report = await find(
            app,
            FaultRequest("/publish", method="POST"),
            FaultRequest("/news", max_sends=2),
            FaultRequest("/chat", websocket=["one", "two"]),
            check=check,
        )
    report.raise_findings()
