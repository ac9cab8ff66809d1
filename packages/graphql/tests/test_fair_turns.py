"""A subscription whose source never waits leaves the event loop to others."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import anyio.lowlevel
import pytest
import strawberry
from testkit import FAIR_TURN, is_fair, longest_run, request_messages

from armillary.graphql import GraphQL
from armillary.graphql.streams._event_streams import EventStream

pytestmark = pytest.mark.anyio


@strawberry.type
class Query:
    hello: str = "world"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def rows(self) -> AsyncGenerator[int]:
        while True:
            yield 1


SCHEMA = strawberry.Schema(Query, subscription=Subscription)
OPERATION = {"query": "subscription { rows }"}


@pytest.mark.parametrize("accept", ["text/event-stream", 'multipart/mixed;subscriptionSpec="1.0"'])
async def test_over_http(accept: str) -> None:
    headers = {"content-type": "application/json", "accept": accept}
    messages = request_messages(json.dumps(OPERATION).encode())
    assert is_fair(await longest_run(GraphQL(SCHEMA), *messages, path="/", method="POST", headers=headers))


@pytest.mark.parametrize(
    ("subprotocol", "start"), [("graphql-transport-ws", "subscribe"), ("graphql-ws", "start")], ids=["modern", "legacy"]
)
async def test_over_a_websocket(subprotocol: str, start: str) -> None:
    client: list[dict[str, Any]] = [{"type": "connection_init"}, {"id": "1", "type": start, "payload": OPERATION}]
    messages = [{"type": "websocket.receive", "text": json.dumps(message)} for message in client]
    run = await longest_run(
        GraphQL(SCHEMA, legacy_websocket=True),
        {"type": "websocket.connect"},
        *messages,
        type="websocket",
        subprotocols=[subprotocol],
    )
    assert is_fair(run)


async def test_into_the_queue_of_an_event_stream() -> None:
    taken = 0

    async def results() -> AsyncGenerator[dict[str, Any]]:
        nonlocal taken
        while True:
            taken += 1
            yield {}

    stream = EventStream("token")
    stream.start("1", results())
    await anyio.lowlevel.checkpoint()
    assert taken <= FAIR_TURN
    await stream.close()
