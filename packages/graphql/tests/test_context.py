"""What resolvers see: loaders, and the connection in its type."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
import strawberry

from armillary.graphql import GraphQL, GraphQLContext, GraphQLTester
from armillary.http import Request
from armillary.testing import TestClient
from armillary.websockets import WebSocket

CALLS: list[list[int]] = []


async def load_names(ids: list[int]) -> list[str]:
    CALLS.append(list(ids))
    return [f"name {number}" for number in ids]


@strawberry.type
class Query:
    @strawberry.field
    async def name(self, info: strawberry.Info, number: int) -> str:
        context: GraphQLContext = info.context
        loaded: str = await context.loader(load_names).load(number)
        return loaded

    @strawberry.field
    async def kind(self, info: strawberry.Info) -> str:
        return type(info.context["connection"]).__name__ + str("websocket" in vars(info.context))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def name(self, info: strawberry.Info, number: int) -> AsyncGenerator[str]:
        yield await info.context.loader(load_names).load(number)


@pytest.fixture
def tester() -> GraphQLTester:
    CALLS.clear()
    return GraphQLTester(TestClient(GraphQL(strawberry.Schema(Query, subscription=Subscription))), "/")


def test_a_loader_gathers_the_keys_of_one_request(tester: GraphQLTester) -> None:
    data = tester.query("{ a: name(number: 1) b: name(number: 2) c: name(number: 1) }")
    assert data == {"a": "name 1", "b": "name 2", "c": "name 1"}
    assert CALLS == [[1, 2]]


def test_a_loader_forgets_between_requests_and_operations(tester: GraphQLTester) -> None:
    for _ in range(2):
        tester.query("{ name(number: 1) }")
        with tester.subscribe("subscription { name(number: 1) }") as names:
            assert list(names) == [{"name": "name 1"}]
    assert CALLS == [[1]] * 4


def test_the_connection_has_its_type() -> None:
    async def receive() -> None: ...
    async def send(message: object) -> None: ...

    over_http = GraphQLContext(Request({"type": "http", "headers": []}))
    over_websocket = GraphQLContext(WebSocket({"type": "websocket", "headers": []}, receive, send))  # type: ignore[arg-type]
    assert isinstance(over_http.request, Request)
    assert isinstance(over_websocket.websocket, WebSocket)
    with pytest.raises(RuntimeError, match="came in an HTTP request"):
        _ = over_http.websocket
    with pytest.raises(RuntimeError, match="came over a WebSocket"):
        _ = over_websocket.request
    assert over_http["request"] is over_http.request
    with pytest.raises(KeyError):
        over_http["missing"]
