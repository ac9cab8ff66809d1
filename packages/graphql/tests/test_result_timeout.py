"""Results of subscriptions and deferred parts that take too long, over every transport."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any

import pytest
import strawberry
from graphql.execution import Executor
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from armillary.graphql import GraphQL, GraphQLLimits
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient

LOG: list[str] = []
EVENTS = {"accept": "text/event-stream"}
SHORT = GraphQLLimits(result_timeout=0.1)
SENTENCE = "The operation was stopped: a result took longer than 0.1 seconds."
ERROR = {"message": SENTENCE, "extensions": {"code": "EXECUTION_TIMEOUT"}}


async def hang(name: str) -> str:
    LOG.append(f"{name} begins")
    try:
        await asyncio.Event().wait()
    finally:
        LOG.append(f"{name} ends")
    return name


@strawberry.type
class Tick:
    number: int

    @strawberry.field
    async def slow(self, above: int = -1) -> str:
        return await hang("resolver") if self.number > above else f"quick {self.number}"


class SlowPermission(BasePermission):
    async def has_permission(self, source: Any, info: Any, **arguments: Any) -> bool:
        await hang("permission")
        return True


@strawberry.type
class Query:
    @strawberry.field
    def tick(self) -> Tick:
        return Tick(number=0)

    @strawberry.field
    def hello(self) -> str:
        return "hello"

    @strawberry.field
    async def stream(self) -> strawberry.Streamable[int]:
        yield 1
        await hang("stream")

    @strawberry.field
    async def drip(self) -> strawberry.Streamable[int]:
        try:
            for number in itertools.count():
                yield number
                await asyncio.sleep(0.02)
        finally:
            LOG.append("drip ends")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, idle: float = 0) -> AsyncGenerator[Tick]:
        try:
            for number in range(100):
                await asyncio.sleep(idle)
                yield Tick(number=number)
        finally:
            LOG.append("source ends")

    @strawberry.subscription(permission_classes=[SlowPermission])
    async def guarded(self) -> AsyncGenerator[int]:
        yield 1

    @strawberry.subscription
    async def forever(self) -> AsyncGenerator[str]:
        yield "running"
        await hang("forever")


@strawberry.type
class Impatient:
    @strawberry.field
    async def value(self) -> str:
        raise TimeoutError("the secret")


@strawberry.type
class Events:
    @strawberry.subscription
    async def values(self) -> AsyncGenerator[Impatient]:
        yield Impatient()

    @strawberry.subscription
    async def broken(self) -> AsyncIterator[int]:
        yield 1
        raise TimeoutError("the secret")


class OwnExecutor(Executor):  # type: ignore[type-arg]
    """An executor set by the schema, which stays in use."""


@pytest.fixture(autouse=True)
def empty_log() -> None:
    LOG.clear()


@pytest.fixture(scope="module")
def slow_schema() -> strawberry.Schema:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    return strawberry.Schema(Query, subscription=Subscription, config=config)


@pytest.fixture
def client(slow_schema: strawberry.Schema) -> TestClient:
    return TestClient(lint(GraphQL(slow_schema, limits=SHORT)))


def events(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
        if "event" in lines:
            found.append((lines["event"], json.loads(lines.get("data") or "null")))
    return found


def parts(text: str, boundary: str) -> list[Any]:
    pieces = text.split(f"\r\n--{boundary}")[1:-1]
    return [json.loads(piece.split("\r\n\r\n", 1)[1]) for piece in pieces]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 seconds"
        time.sleep(0.01)


def test_a_slow_result_ends_its_operation_on_a_websocket_and_no_other(client: TestClient) -> None:
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:

        def subscribe(operation_id: str, query: str) -> None:
            websocket.send_json({"id": operation_id, "type": "subscribe", "payload": {"query": query}})

        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        subscribe("other", "subscription { forever }")
        assert websocket.receive_json()["id"] == "other"
        subscribe("slow", "subscription { ticks { slow(above: 0) } }")
        assert websocket.receive_json()["payload"] == {"data": {"ticks": {"slow": "quick 0"}}}
        assert websocket.receive_json() == {"id": "slow", "type": "error", "payload": [ERROR]}
        until(lambda: "source ends" in LOG)
        assert LOG == ["forever begins", "resolver begins", "resolver ends", "source ends"]
        subscribe("slow", "{ hello }")
        assert websocket.receive_json() == {"id": "slow", "type": "next", "payload": {"data": {"hello": "hello"}}}
        assert websocket.receive_json() == {"id": "slow", "type": "complete"}
        assert "forever ends" not in LOG


def test_a_slow_result_ends_an_event_stream(client: TestClient) -> None:
    response = client.post("/", json={"query": "subscription { ticks { slow } }"}, headers=EVENTS)
    assert events(response.text) == [("next", {"errors": [ERROR]}), ("complete", None)]
    assert LOG == ["resolver begins", "resolver ends", "source ends"]


def test_a_slow_result_ends_a_multipart_subscription(client: TestClient) -> None:
    accept = {"accept": "multipart/mixed;subscriptionSpec=1.0"}
    response = client.post("/", json={"query": "subscription { ticks { slow(above: 0) } }"}, headers=accept)
    assert parts(response.text, "graphql") == [
        {"payload": {"data": {"ticks": {"slow": "quick 0"}}}},
        {"payload": {"errors": [ERROR]}},
    ]
    assert LOG == ["resolver begins", "resolver ends", "source ends"]


@pytest.mark.anyio
async def test_a_slow_result_ends_its_operation_on_a_shared_event_stream_and_no_other(
    slow_schema: strawberry.Schema,
) -> None:
    app = GraphQL(slow_schema, limits=SHORT, single_connection=True)
    async with AsyncTestClient(lint(app)) as client:
        token = {"x-graphql-event-stream-token": (await client.put("/")).text}
        async with client.stream("GET", "/", headers={**EVENTS, **token}) as stream:
            for operation_id, query in (("a", "{ forever }"), ("b", "{ ticks { slow } }")):
                body = {"query": f"subscription {query}", "extensions": {"operationId": operation_id}}
                assert (await client.post("/", json=body, headers=token)).status_code == 202
            text = ""
            async for piece in stream.aiter_text():
                text += piece
                if len(events(text)) == 3:
                    break
            assert LOG == ["forever begins", "resolver begins", "resolver ends", "source ends"]
    assert events(text) == [
        ("next", {"id": "a", "payload": {"data": {"forever": "running"}}}),
        ("next", {"id": "b", "payload": {"errors": [ERROR]}}),
        ("complete", {"id": "b"}),
    ]


def test_the_wait_for_an_event_is_not_counted(client: TestClient) -> None:
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        query = "subscription { ticks(idle: 0.15) { slow(above: 99) } }"
        websocket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        for number in range(3):
            assert websocket.receive_json()["payload"] == {"data": {"ticks": {"slow": f"quick {number}"}}}


def test_a_subscription_that_takes_too_long_to_begin_is_ended(client: TestClient) -> None:
    response = client.post("/", json={"query": "subscription { guarded }"}, headers=EVENTS)
    assert events(response.text) == [("next", {"errors": [ERROR]}), ("complete", None)]
    assert LOG == ["permission begins", "permission ends"]


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed"])
def test_a_slow_deferred_part_ends_the_response(client: TestClient, accept: str) -> None:
    query = '{ hello ... @defer(label: "a") { tick { slow } } ... @defer(label: "b") { tick { number } } }'
    response = client.post("/", json={"query": query}, headers={"accept": accept})
    if accept == "multipart/mixed":
        frames = parts(response.text, "-")
        assert response.text.endswith("\r\n-----\r\n")
    else:
        *nexts, last = events(response.text)
        assert last == ("complete", None)
        frames = [frame for _, frame in nexts]
    ids = {pending["label"]: pending["id"] for pending in frames[0]["pending"]}
    assert frames[0]["data"] == {"hello": "hello"}
    assert any(done == {"id": ids["b"]} for frame in frames[1:-1] for done in frame.get("completed", ()))
    assert frames[-1] == {"hasNext": False, "completed": [{"id": ids["a"], "errors": [ERROR]}]}
    assert LOG == ["resolver begins", "resolver ends"]


def test_a_slow_deferred_part_ends_the_operation_on_a_websocket(client: TestClient) -> None:
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        query = "{ hello ... @defer { tick { slow } } }"
        websocket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        assert websocket.receive_json()["payload"]["data"] == {"hello": "hello"}
        last = websocket.receive_json()["payload"]
        assert last == {"hasNext": False, "completed": [{"id": "0", "errors": [ERROR]}]}
        assert websocket.receive_json() == {"id": "1", "type": "complete"}
        assert LOG == ["resolver begins", "resolver ends"]


def test_a_slow_streamed_item_ends_the_response(client: TestClient) -> None:
    query = "{ stream @stream(initialCount: 1) }"
    response = client.post("/", json={"query": query}, headers={"accept": "multipart/mixed"})
    frames = parts(response.text, "-")
    assert frames[0]["data"] == {"stream": [1]}
    assert frames[-1] == {"hasNext": False, "completed": [{"id": frames[0]["pending"][0]["id"], "errors": [ERROR]}]}
    assert LOG == ["stream begins", "stream ends"]


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed"])
@pytest.mark.parametrize("query", ["{ drip @stream(initialCount: 0) }", "{ hello ... @defer { tick { slow } } }"])
def test_all_parts_of_incremental_delivery_share_the_time_of_their_operation(
    slow_schema: strawberry.Schema, accept: str, query: str
) -> None:
    client = TestClient(lint(GraphQL(slow_schema, limits=GraphQLLimits(execution_timeout=0.2))))
    response = client.post("/", json={"query": query}, headers={"accept": accept})
    frames = parts(response.text, "-") if accept == "multipart/mixed" else [value for _, value in events(response.text)]
    last = frames[-1] or frames[-2]
    error = {**ERROR, "message": "The operation was stopped after 0.2 seconds."}
    assert last == {"hasNext": False, "completed": [{"id": frames[0]["pending"][0]["id"], "errors": [error]}]}
    assert LOG[-1] in ("drip ends", "resolver ends")


def test_all_parts_share_the_time_of_their_operation_on_a_websocket_too(slow_schema: strawberry.Schema) -> None:
    client = TestClient(lint(GraphQL(slow_schema, limits=GraphQLLimits(execution_timeout=0.2))))
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        query = "{ drip @stream(initialCount: 0) }"
        websocket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
        messages = []
        while not messages or messages[-1]["type"] == "next":
            messages.append(websocket.receive_json())
        assert messages[-1] == {"id": "1", "type": "complete"}
        assert "stopped after 0.2 seconds" in str(messages[-2])


def test_other_time_outs_of_resolvers_stay_what_they_are() -> None:
    client = TestClient(lint(GraphQL(strawberry.Schema(Query, subscription=Events))))
    text = client.post("/", json={"query": "subscription { values { value } }"}, headers=EVENTS).text
    assert events(text)[0][1]["errors"][0]["message"] == "Unexpected error."
    text = client.post("/", json={"query": "subscription { broken }"}, headers=EVENTS).text
    assert events(text)[1][1]["errors"][0]["message"] == "Unexpected error."


def test_no_limit_is_a_limit_of_none(slow_schema: strawberry.Schema) -> None:
    limits = GraphQLLimits(result_timeout=None, execution_timeout=None)
    client = TestClient(lint(GraphQL(slow_schema, limits=limits)))
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        for operation_id, query in (
            ("1", "subscription { ticks { slow } }"),
            ("2", "{ ... @defer { tick { slow } } }"),
        ):
            websocket.send_json({"id": operation_id, "type": "subscribe", "payload": {"query": query}})
        assert websocket.receive_json()["id"] == "2"
        time.sleep(0.3)
        assert LOG == ["resolver begins", "resolver begins"]


def test_an_executor_of_the_schema_stays_in_use() -> None:
    schema = strawberry.Schema(Query, subscription=Subscription, execution_context_class=OwnExecutor)
    engine = GraphQL(schema, limits=SHORT).engine
    assert schema.execution_context_class is OwnExecutor
    assert issubclass(engine._streamed.execution_context_class, OwnExecutor)


def test_the_limit_is_on_by_default_and_checked() -> None:
    assert GraphQLLimits().result_timeout == GraphQLLimits().execution_timeout == 30
    for wrong in (0, -1):
        with pytest.raises(ValueError, match="result_timeout above 0"):
            GraphQLLimits(result_timeout=wrong)
    with pytest.raises(TypeError, match="result_timeout as a number"):
        GraphQLLimits(result_timeout="30")  # type: ignore[arg-type]
