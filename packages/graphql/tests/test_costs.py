"""How many items a field is asked for: by its arguments, their defaults, and what is inside of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import strawberry

from armillary.graphql import FieldCosts, GraphQL, GraphQLLimits
from armillary.testing import TestClient


@strawberry.input
class Page:
    first: int = 100
    after: str | None = None


@strawberry.input
class Filter:
    page_info: Page = strawberry.field(default_factory=Page)
    exact: Page | None = None


@strawberry.type
class Node:
    name: str

    @strawberry.field
    def many(self, first: int = 100) -> list[Node]:
        return [Node(name=f"{self.name}{number}") for number in range(first)]

    @strawberry.field
    def optional(self, first: int | None = None) -> list[Node]:
        return [self]

    @strawberry.field
    def unset(self, first: int | None = strawberry.UNSET) -> list[Node]:
        return [self]

    @strawberry.field
    def by_page(self, input: Page) -> list[Node]:
        return [self]

    @strawberry.field
    def by_default_page(self, input: Page = Page(first=50)) -> list[Node]:  # noqa: B008
        return [self]

    @strawberry.field
    def by_filter(self, filter: Filter) -> list[Node]:
        return [self]

    @strawberry.field
    def by_pages(self, inputs: list[Page]) -> list[Node]:
        return [self]

    @strawberry.field
    def by_ids(self, ids: list[int]) -> list[Node]:
        return [self]

    @strawberry.field
    def by_default_ids(self, ids: list[int] = [1, 2, 3]) -> list[Node]:  # noqa: B006
        return [self]


@strawberry.type
class Query:
    @strawberry.field
    def node(self) -> Node:
        return Node(name="root")


SCHEMA = strawberry.Schema(Query)
COSTS = FieldCosts(list_arguments=["first", "ids", "input.first", "filter.pageInfo.first", "inputs.first"])


@pytest.fixture
def complexity(serve: Callable[..., TestClient]) -> Callable[..., int]:
    """`complexity(selection)` is the complexity counted for `{ node { selection } }`, less 1 for `node`; at least 2."""
    client = serve(SCHEMA, limits=GraphQLLimits(max_complexity=3), costs=COSTS)

    def complexity(selection: str, declared: str = "", **variables: Any) -> int:
        query = f"query {declared} {{ node {{ {selection} }} }}"
        response = client.post("/", json={"query": query, "variables": variables}).json()
        found = re.search(r"complexity of (\d+)", str(response))
        return 2 if found is None else int(found[1]) - 1

    return complexity


def test_twenty_characters_with_defaults_of_the_schema_are_not_cheap(serve: Callable[..., TestClient]) -> None:
    response = serve(SCHEMA).post("/", json={"query": "{ node { many { many { many { name } } } } }"})
    assert "complexity of 1010102; at most 1000" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("selection", "items"),
    [
        ("many { name }", 100),
        ("many(first: 7) { name }", 7),
        ("optional { name }", 1),
        ("unset { name }", 1),
        ("byPage(input: {}) { name }", 100),
        ("byPage(input: { first: 7 }) { name }", 7),
        ("byPage(input: { first: 0 }) { name }", 1),
        ("byDefaultPage { name }", 50),
        ('byDefaultPage(input: { after: "x" }) { name }', 100),
        ("byFilter(filter: {}) { name }", 100),
        ("byFilter(filter: { pageInfo: { first: 9 } }) { name }", 9),
        ("byFilter(filter: { exact: { first: 9 } }) { name }", 100),
        ("byPages(inputs: [{ first: 2 }, { first: 3 }, {}]) { name }", 105),
        ("byPages(inputs: { first: 2 }) { name }", 2),
        ("byIds(ids: [1, 2, 3, 4]) { name }", 4),
        ("byIds(ids: 1) { name }", 1),
        ("byDefaultIds { name }", 3),
    ],
)
def test_what_is_below_a_field_counts_as_often_as_its_arguments_say(
    complexity: Callable[..., int], selection: str, items: int
) -> None:
    assert complexity(selection) == 1 + items


@pytest.mark.parametrize(
    ("selection", "declared", "variables", "items"),
    [
        ("many(first: $n) { name }", "($n: Int)", {}, 100),
        ("many(first: $n) { name }", "($n: Int = 7)", {}, 7),
        ("many(first: $n) { name }", "($n: Int = 7)", {"n": 8}, 8),
        ("many(first: $n) { name }", "($n: Int = 7)", {"n": True}, 1),
        ("byPage(input: $p) { name }", "($p: Page!)", {"p": {}}, 100),
        ("byPage(input: $p) { name }", "($p: Page!)", {"p": {"first": 8}}, 8),
        ("byPage(input: $p) { name }", "($p: Page! = { first: 9 })", {}, 9),
        ("byPage(input: { first: $n }) { name }", "($n: Int = 7)", {}, 7),
        ("byPage(input: { first: $n }) { name }", "($n: Int)", {}, 100),
        ("byFilter(filter: $f) { name }", "($f: Filter!)", {"f": {"pageInfo": {"first": 6}}}, 6),
        ("byPages(inputs: [$a, { first: 3 }]) { name }", "($a: Page!)", {"a": {"first": 4}}, 7),
        ("byIds(ids: $i) { name }", "($i: [Int!]!)", {"i": [1, 2]}, 2),
        ("byIds(ids: $i) { name }", "($i: [Int!]! = [1, 2, 3])", {}, 3),
        ("byIds(ids: [$n, 2]) { name }", "($n: Int = 1)", {}, 2),
    ],
)
def test_variables_count_wherever_they_stand(
    complexity: Callable[..., int], selection: str, declared: str, variables: dict[str, Any], items: int
) -> None:
    assert complexity(selection, declared, **variables) == 1 + items


def test_a_path_to_no_argument_of_the_schema_is_rejected_at_construction(serve: Callable[..., TestClient]) -> None:
    with pytest.raises(ValueError, match=r"'inptu\.first' in list_arguments, which is no argument of the schema"):
        serve(SCHEMA, costs=FieldCosts(list_arguments=["inptu.first"]))
    with pytest.raises(ValueError, match=r"'input\.frist' in list_arguments, which is no argument of the schema"):
        serve(SCHEMA, costs=FieldCosts(list_arguments=["input.frist"]))
    with pytest.raises(ValueError, match="list_arguments"):
        FieldCosts(list_arguments=["input..first"])
    with pytest.raises(TypeError, match="list_arguments"):
        FieldCosts(list_arguments=[1])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("field", "counted"),
    [
        ("byPage(input: {first: 20}) { name }", 20),
        ("byFilter(filter: {exact: {first: 30}, pageInfo: {first: 5}}) { name }", 30),
        ("byFilter(filter: {}) { name }", 100),
        ("byPages(inputs: [{first: 3}, {first: 4}]) { name }", 7),
        ("byDefaultPage { name }", 50),
        ("byIds(ids: [1, 2]) { name }", 2),
    ],
)
def test_members_of_any_input_object_count_by_default(field: str, counted: int) -> None:
    costs = FieldCosts()
    for limit, rejected in ((counted + 2, False), (counted + 1, True)):
        client = TestClient(GraphQL(SCHEMA, limits=GraphQLLimits(max_complexity=limit), costs=costs))
        text = client.post("/", json={"query": f"{{ node {{ {field} }} }}"}).text
        assert ("omplex" in text) is rejected, text


def test_a_path_from_any_input_object_is_checked_as_others_are() -> None:
    GraphQL(SCHEMA, costs=FieldCosts(list_arguments=["*.pageInfo.first", "*.after"]))
    with pytest.raises(ValueError, match=r"'\*\.pageSize' in list_arguments"):
        GraphQL(SCHEMA, costs=FieldCosts(list_arguments=["*.pageSize"]))
    for wrong in ("*", "filter.*.first"):
        with pytest.raises(ValueError, match="list_arguments"):
            FieldCosts(list_arguments=[wrong])
