"""Resolvers that cannot be cancelled: they block the event loop, or wait for a thread."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
import strawberry

from armillary.concurrency import Limiter, run_in_threadpool
from armillary.graphql import GraphQL, GraphQLLimits
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient

LOG: list[str] = []
RELEASED = threading.Event()
THREADS = Limiter("resolvers", 1)
SENTENCE = "could not be stopped after its limit of 0.05 seconds"
LIMITS = GraphQLLimits(execution_timeout=0.05, result_timeout=0.05, max_subscriptions=1)


@strawberry.type
class Block:
    @strawberry.field
    def block(self, seconds: float) -> str:
        LOG.append("blocks")
        time.sleep(seconds)
        return "done"


@strawberry.type
class Query(Block):
    @strawberry.field
    async def thread(self) -> str:
        await run_in_threadpool(RELEASED.wait, 5, limiter=THREADS)
        LOG.append("thread ends")
        return "done"

    @strawberry.field
    def hello(self) -> str:
        return "world"


@strawberry.type
class Mutation(Block):
    pass


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def blocks(self) -> AsyncGenerator[Block]:
        for _ in range(3):
            yield Block()


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> GraphQL:
    LOG.clear()
    RELEASED.clear()
    monkeypatch.setattr("armillary.graphql.execution._operation_state.OVERRUN_SECONDS", 0.05)
    return GraphQL(strawberry.Schema(Query, mutation=Mutation, subscription=Subscription), limits=LIMITS)


def overruns(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if SENTENCE in record.getMessage()]


@pytest.mark.parametrize("kind", ["query", "mutation"])
def test_what_blocks_past_the_time_out_is_stopped_before_the_next_field_and_logged_once(
    app: GraphQL, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    query = f"{kind} Slow {{ a: block(seconds: 0.2) b: block(seconds: 0.2) c: block(seconds: 0.2) }}"
    headers = {"accept": "application/graphql-response+json"}
    with caplog.at_level(logging.WARNING, "armillary.graphql"):
        response = TestClient(lint(app)).post("/", json={"query": query, "operationName": "Slow"}, headers=headers)
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"] == {"code": "EXECUTION_TIMEOUT"}
    assert LOG == ["blocks"]
    assert overruns(caplog) == [
        f"A GraphQL {kind} Slow {SENTENCE}: a resolver blocks the event loop, or waits for a thread"
    ]


def test_a_result_that_comes_too_late_is_an_error_also_if_nothing_is_left_to_stop(
    app: GraphQL, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armillary.graphql.execution._operation_state.OVERRUN_SECONDS", 30.0)
    response = TestClient(lint(app)).post("/", json={"query": "{ block(seconds: 0.08) }"})
    assert "data" not in response.json()
    assert "stopped after 0.05 seconds" in response.text
    assert overruns(caplog) == []


def test_an_event_that_blocks_ends_its_subscription(app: GraphQL, caplog: pytest.LogCaptureFixture) -> None:
    query = "subscription { blocks { block(seconds: 0.2) } }"
    response = TestClient(lint(app)).post("/", json={"query": query}, headers={"accept": "text/event-stream"})
    assert "a result took longer than 0.05 seconds" in response.text
    assert LOG == ["blocks"]
    assert len(overruns(caplog)) == 1


@pytest.mark.anyio
async def test_a_thread_that_goes_on_is_logged_while_it_runs_and_holds_its_place(
    app: GraphQL, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncTestClient(lint(app)) as client:
        async with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
            await websocket.send_json({"type": "connection_init"})
            await websocket.receive_json()

            async def subscribe(operation_id: str, query: str) -> Any:
                message = {"id": operation_id, "type": "subscribe", "payload": {"query": query}}
                await websocket.send_json(message)

            await subscribe("slow", "{ thread }")
            await eventually(lambda: len(overruns(caplog)) == 1)
            assert THREADS.in_use == 1
            await websocket.send_json({"id": "slow", "type": "complete"})
            await subscribe("next", "{ hello }")
            message = await websocket.receive_json()
            assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS"}
            RELEASED.set()
            await eventually(lambda: THREADS.in_use == 0)
            await asyncio.sleep(0.05)
            await subscribe("next", "{ hello }")
            assert (await websocket.receive_json())["type"] == "next"
    assert len(overruns(caplog)) == 1
    assert LOG == []


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)
