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
class Star:
    number: int

    @strawberry.field
    async def name(self, info: strawberry.Info) -> str:
        loaded: str = await info.context.loader(load_names).load(self.number)
        return loaded


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def stars(self, info: strawberry.Info, count: int = 3) -> AsyncGenerator[list[Star]]:
        await info.context.loader(load_names).load(7)
        for _ in range(count):
            yield [Star(number=7), Star(number=8)]
            await info.context.loader(load_names).load(7)

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


@pytest.mark.parametrize("own_context", [False, True])
def test_the_loaders_of_a_subscription_are_new_for_each_result(own_context: bool) -> None:
    class Own:
        def __init__(self, context: GraphQLContext) -> None:
            self.loader = context.loader

    CALLS.clear()
    options = {"context": Own} if own_context else {}
    app = GraphQL(strawberry.Schema(Query, subscription=Subscription), **options)
    with GraphQLTester(TestClient(app), "/").subscribe("subscription { stars(count: 2) { name } }") as results:
        assert list(results) == [{"stars": [{"name": "name 7"}, {"name": "name 8"}]}] * 2
    # What the source loads before it waits for an event may be old when the event comes, and the other way round.
    assert CALLS == [[7], [7, 8], [7], [7, 8], [7]]


def test_loaders_can_be_cleared_after_a_change() -> None:
    context = GraphQLContext(Request({"type": "http", "headers": []}))
    loader = context.loader(load_names)
    assert context.loader(load_names) is loader
    context.clear_loaders()
    assert context.loader(load_names) is not loader


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
