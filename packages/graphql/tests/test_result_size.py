"""Results with too many values, wherever the values come from and over every transport."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from armillary.graphql import GraphQLLimits
from armillary.testing import TestClient

MADE: list[int] = []
LIMITS = GraphQLLimits(max_result_values=100)
ERROR = {
    "message": "The operation was stopped: its result has more than 100 values. Ask for fewer items.",
    "extensions": {"code": "RESULT_TOO_LARGE"},
}
GRAPHQL_JSON = {"accept": "application/graphql-response+json"}


@strawberry.type
class Item:
    number: int

    @strawberry.field
    def items(self) -> list[Item | None]:
        MADE.append(self.number)
        return [Item(number=number) for number in range(20)]

    @strawberry.field
    async def slow_items(self) -> list[Item]:
        MADE.append(self.number)
        return [Item(number=number) for number in range(20)]


def endless() -> Iterator[int]:
    try:
        for number in itertools.count():
            MADE.append(number)
            yield number
    finally:
        MADE.append(-1)


@strawberry.type
class Query:
    @strawberry.field
    def item(self) -> Item | None:
        return Item(number=0)

    @strawberry.field
    def numbers(self, count: int) -> list[int]:
        return list(range(count))

    @strawberry.field
    def endless_numbers(self) -> list[int] | None:
        return endless()  # type: ignore[return-value]

    @strawberry.field
    async def endless_stream(self) -> strawberry.Streamable[int]:
        try:
            for number in itertools.count():
                MADE.append(number)
                yield number
        finally:
            MADE.append(-1)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def numbers(self, counts: list[int]) -> AsyncGenerator[list[int]]:
        try:
            for count in counts:
                yield list(range(count))
        finally:
            MADE.append(-1)


@pytest.fixture(scope="module")
def large_schema() -> strawberry.Schema:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    return strawberry.Schema(Query, subscription=Subscription, config=config)


@pytest.fixture
def client(serve: Callable[..., TestClient], large_schema: strawberry.Schema) -> TestClient:
    MADE.clear()
    return serve(large_schema, limits=LIMITS, batching=True)


def test_fields_of_objects_and_items_of_lists_are_counted(client: TestClient) -> None:
    for count, status in ((99, 200), (100, 400)):
        response = client.post("/", json={"query": f"{{ numbers(count: {count}) }}"}, headers=GRAPHQL_JSON)
        assert response.status_code == status
    assert response.json() == {"errors": [ERROR]}
    # item, items, 20 items, and number of each of these: 42 values.
    assert client.post("/", json={"query": "{ item { items { number } } }"}).json()["data"]["item"]["items"]


@pytest.mark.parametrize("field", ["items", "slowItems"])
def test_an_operation_whose_result_is_too_large_is_not_run_to_its_end(client: TestClient, field: str) -> None:
    query = f"{{ item {{ {field} {{ {field} {{ {field} {{ number }} }} }} }} }}"
    response = client.post("/", json={"query": query}, headers=GRAPHQL_JSON)
    assert (response.status_code, response.json()) == (400, {"errors": [ERROR]})
    assert len(MADE) < 60


@pytest.mark.parametrize("field", ["endlessNumbers", "endlessStream"])
def test_an_endless_list_is_stopped_and_closed(client: TestClient, field: str) -> None:
    response = client.post("/", json={"query": f"{{ {field} }}"}, headers=GRAPHQL_JSON)
    assert (response.status_code, response.json()) == (400, {"errors": [ERROR]})
    assert len(MADE) < 110
    assert MADE[-1] == -1


def test_each_operation_of_a_batch_has_its_own_count(client: TestClient) -> None:
    queries = [{"query": f"{{ numbers(count: {count}) }}"} for count in (90, 200, 90)]
    results = client.post("/", json=queries).json()
    assert ["data" in result for result in results] == [True, False, True]
    assert results[1] == {"errors": [ERROR]}


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed"])
@pytest.mark.parametrize(
    "query",
    [
        "{ endlessStream @stream(initialCount: 1) }",
        "{ numbers(count: 50) ... @defer { item { items { items { items { number } } } } } }",
    ],
)
def test_all_parts_of_one_result_are_counted_together(client: TestClient, query: str, accept: str) -> None:
    response = client.post("/", json={"query": query}, headers={"accept": accept})
    assert response.status_code == 200
    assert ERROR["message"] in response.text
    assert '"hasNext":false' in response.text
    assert len(MADE) < 150


def test_each_result_of_a_subscription_has_its_own_count_and_a_large_one_ends_it(client: TestClient) -> None:
    query = "subscription { numbers(counts: [90, 90, 200, 1]) }"
    response = client.post("/", json={"query": query}, headers={"accept": "text/event-stream"})
    data = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ") and line[6:]]
    assert [len(frame["data"]["numbers"]) for frame in data[:2]] == [90, 90]
    assert data[2:] == [{"errors": [ERROR]}]
    assert MADE == [-1]


def test_a_websocket_gets_an_error_for_that_operation(client: TestClient) -> None:
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
        websocket.send_json({"type": "connection_init"})
        websocket.receive_json()
        for query in ("{ numbers(count: 200) }", "subscription { numbers(counts: [200, 1]) }"):
            websocket.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
            assert websocket.receive_json() == {"id": "1", "type": "error", "payload": [ERROR]}


def test_the_limit_can_be_switched_off(serve: Callable[..., TestClient], large_schema: strawberry.Schema) -> None:
    client = serve(large_schema, limits=GraphQLLimits(max_result_values=None))
    response = client.post("/", json={"query": "{ numbers(count: 200000) }"})
    assert len(response.json()["data"]["numbers"]) == 200_000
    assert "errors" in serve(large_schema).post("/", json={"query": "{ numbers(count: 200000) }"}).json()
