"""What hooks of extensions have after a bare `yield` is run however a subscription ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
import strawberry
from strawberry.extensions import SchemaExtension
from testkit import ASYNCIO, http_scope

from armillary.asgi_types import ClientDisconnect
from armillary.graphql import GraphQL
from armillary.testing import TestClient


class Log(list[str]):
    """What has ended, in order."""

    def wait_for(self, *expected: str) -> None:
        deadline = time.monotonic() + 5
        while len(self) < len(expected) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self == list(expected)


@strawberry.type
class Slow:
    @strawberry.field
    async def value(self) -> int:
        await asyncio.sleep(60)
        return 1


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def app(log: Log) -> GraphQL:
    class Watching(SchemaExtension):
        def on_operation(self) -> Iterator[None]:
            yield
            log.append("operation")

        async def on_stream_result(self, result: Any) -> AsyncGenerator[None]:
            yield
            log.append("result")

    @strawberry.type
    class Query:
        hello: str = "hello"

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def waiting(self) -> AsyncGenerator[int]:
            try:
                yield 1
                await asyncio.sleep(60)
            finally:
                log.append("events")

        @strawberry.subscription
        async def busy(self) -> AsyncGenerator[int]:
            try:
                while True:
                    yield 1
            finally:
                log.append("events")

        @strawberry.subscription
        async def computing(self) -> AsyncGenerator[Slow]:
            try:
                yield Slow()
            finally:
                log.append("events")

    return GraphQL(strawberry.Schema(Query(), subscription=Subscription, extensions=[Watching]))


@pytest.mark.parametrize("end", ["complete", "close"])
@pytest.mark.parametrize(
    ("name", "fields", "ended"),
    [
        ("waiting", "waiting", ["result", "events", "operation"]),
        ("computing", "computing { value }", ["events", "result", "operation"]),
    ],
)
@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
def test_on_a_websocket(
    app: GraphQL, log: Log, end: str, name: str, fields: str, ended: list[str], protocol: str
) -> None:
    legacy = protocol == "graphql-ws"
    start, stop = ("start", "stop") if legacy else ("subscribe", "complete")
    served = GraphQL(app.schema, legacy_websocket=True) if legacy else app
    with TestClient(served).websocket_connect("/", subprotocols=[protocol]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        websocket.send_json({"id": "1", "type": start, "payload": {"query": f"subscription {{ {fields} }}"}})
        if name == "waiting":
            while websocket.receive_json()["type"] not in ("next", "data"):
                pass
        time.sleep(0.05)
        if end == "complete":
            websocket.send_json({"id": "1", "type": stop})
            log.wait_for(*ended)
    log.wait_for(*ended)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("spec_version", ["2.3", "2.4"])
@pytest.mark.parametrize("name", ["waiting", "busy"])
async def test_on_an_event_stream(app: GraphQL, log: Log, spec_version: str, name: str) -> None:
    left = anyio.Event()
    messages = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if left.is_set() and spec_version == "2.4":
            raise OSError("the client has left")
        if b"next" in message.get("body", b""):
            left.set()

    scope = http_scope(
        headers=[(b"accept", b"text/event-stream")],
        query_string=f"query=subscription{{{name}}}".encode(),
        asgi={"version": "3.0", "spec_version": spec_version},
    )
    with anyio.move_on_after(1) as waited:
        with suppress(ClientDisconnect):  # which the server ignores
            await app(scope, receive, send)
    assert waited.cancelled_caught == (name == "waiting" and spec_version == "2.4")  # the next send would say it
    assert [entry for entry in log if entry != "result"] == ["events", "operation"]
    assert log[0] == "result"


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("name", ["waiting", "computing{value}"])
async def test_hooks_may_wait_although_their_scope_is_cancelled(log: Log, name: str) -> None:
    class Exporting(SchemaExtension):
        async def on_operation(self) -> AsyncGenerator[None]:
            yield
            await anyio.sleep(0)
            await asyncio.sleep(0.01)
            log.append("exported")

    @strawberry.type
    class Query:
        hello: str = "hello"

    started = anyio.Event()

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def waiting(self) -> AsyncGenerator[int]:
            started.set()
            await anyio.sleep(60)
            yield 1

        @strawberry.subscription
        async def computing(self) -> AsyncGenerator[Slow]:
            started.set()
            yield Slow()

    messages = [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        return await anyio.sleep_forever()

    async def send(message: Any) -> None: ...

    app = GraphQL(strawberry.Schema(Query(), subscription=Subscription, extensions=[Exporting]))
    query = f"query=subscription{{{name}}}".encode()
    scope = http_scope(headers=[(b"accept", b"text/event-stream")], query_string=query)
    returned = []

    async def serve() -> None:
        await app(scope, receive, send)
        returned.append(True)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(serve)
            await started.wait()
            await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()
    assert log == ["exported"]
    assert not returned  # the cancellation goes on once the hooks have ended
