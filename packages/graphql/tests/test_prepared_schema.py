"""A schema without extensions, and one with them: the same responses either way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.extensions import AddValidationRules, SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner

from armillary.graphql import GraphQL, GraphQLLimits
from armillary.graphql.execution._prepared_hooks import has_no_extensions
from armillary.testing import TestClient

LIMITS = GraphQLLimits(max_depth=3, max_complexity=20, result_timeout=0.5, execution_timeout=0.5)

REQUESTS: list[dict[str, Any]] = [
    {"query": "{ hello }"},
    {"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "Vega"}},
    {"query": "query ($n: String!) { hello(name: $n) }"},
    {"query": "{ nothing }"},
    {"query": "{"},
    {"query": "query A { hello } query B { hello }"},
    {"query": "query A { hello } query B { hello }", "operationName": "B"},
    {"query": "query A { hello }", "operationName": "C"},
    {"query": "{ node { child { child { name } } } }"},
    {"query": "query ($n: Int) { node { children(first: $n) { name } } }", "variables": {"n": 90}},
    {"query": "{ failure }"},
    {"query": "{ optionalFailure forbidden }"},
    {"query": "{ slow(seconds: 9) }"},
    {"query": 'mutation { record(text: "x") }'},
    {"query": "subscription { count(to: 2) }"},
    {"query": "subscription { broken }"},
    {"query": "subscription { nothing }"},
]


class Watching(SchemaExtension):
    def on_operation(self) -> Iterator[None]:
        yield


def schema_with(schema: strawberry.Schema, *extensions: Any, **options: Any) -> strawberry.Schema:
    return strawberry.Schema(schema.query, schema.mutation, schema.subscription, extensions=extensions, **options)


@pytest.mark.parametrize("request_body", REQUESTS, ids=lambda body: body["query"])
@pytest.mark.parametrize("accept", ["application/graphql-response+json", "text/event-stream"])
def test_both_ways_give_the_same_response(schema: strawberry.Schema, request_body: dict[str, Any], accept: str) -> None:
    results: list[tuple[int, str]] = []
    for used in (schema, schema_with(schema, Watching)):
        client = TestClient(GraphQL(used, limits=LIMITS))
        for _ in range(2):
            response = client.post("/", json=request_body, headers={"accept": accept})
            results.append((response.status_code, response.text))
    assert has_no_extensions(schema)
    assert len(set(results)) == 1


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def loud(value: DirectiveValue[str]) -> str:
    return value.upper()


def test_whatever_takes_part_in_operations_goes_the_way_of_extensions(schema: strawberry.Schema) -> None:
    class Own(strawberry.Schema):
        def create_extensions_runner(self, *arguments: Any) -> SchemaExtensionsRunner:
            made.append(arguments)
            return super().create_extensions_runner(*arguments)

    made: list[Any] = []
    own = Own(schema.query)
    patched = strawberry.Schema(schema.query)
    patched.get_extensions = lambda sync=False: [Watching()]  # type: ignore[method-assign]
    with_directive = strawberry.Schema(schema.query, directives=[loud])
    ruled = schema_with(schema, lambda: AddValidationRules([]))
    for used in (own, patched, with_directive, schema_with(schema, Watching), ruled):
        assert not has_no_extensions(used)
        client = TestClient(GraphQL(used, limits=LIMITS))
        assert client.post("/", json={"query": "{ hello }"}).json()["data"] == {"hello": "hello world"}
        rejected = client.post("/", json={"query": "{ node { child { child { name } } } }"}).json()
        assert "4 levels deep" in rejected["errors"][0]["message"]
    assert len(made) == 2
    loudly = TestClient(GraphQL(with_directive)).post("/", json={"query": "{ hello @loud }"})
    assert loudly.json() == {"data": {"hello": "HELLO WORLD"}}


def test_the_given_schema_is_not_changed(ask: Callable[..., Any], schema: strawberry.Schema) -> None:
    before = dict(vars(schema))
    assert ask("{ hello }").status_code == 200
    assert vars(schema) == before


def test_an_executor_without_what_limits_a_result_is_an_error_at_construction(
    schema: strawberry.Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armillary.graphql.execution._executors._OVERRIDDEN", ("execute_field", "renamed"))
    with pytest.raises(RuntimeError, match=r"has no renamed; install graphql-core 3\.3"):
        GraphQL(schema)
