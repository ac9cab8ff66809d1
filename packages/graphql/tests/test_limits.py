"""Documents that are rejected before they are run."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import strawberry
from graphql import build_schema, parse
from hypothesis import given, strategies as st

from armillary.graphql import FieldCosts, GraphQLLimits
from armillary.graphql.limits._measure import Measuring
from armillary.graphql.limits._variable_values import variables_excess


def nested(levels: int) -> str:
    return "{ node " + "{ child " * (levels - 2) + "{ name }" + " }" * (levels - 1)


def message(response: Any) -> str:
    assert response.status_code == 400
    text: str = response.json()["errors"][0]["message"]
    return text


def test_depth_is_counted_in_fields(ask: Callable[..., Any]) -> None:
    limits = GraphQLLimits(max_depth=4)
    assert ask(nested(4), limits=limits).status_code == 200
    assert "5 levels deep; at most 4" in message(ask(nested(5), limits=limits))


def test_depth_is_counted_through_fragments(ask: Callable[..., Any]) -> None:
    query = "{ node { ...A } } fragment A on Node { child { ...B } } fragment B on Node { child { child { name } } }"
    assert "5 levels deep" in message(ask(query, limits=GraphQLLimits(max_depth=4)))


@pytest.mark.parametrize(
    "query",
    [
        "{ node { ...A } } fragment A on Node { child { ...A } }",
        "{ node { ...A } } fragment A on Node { ...B } fragment B on Node { ...A }",
        "{ ...A } fragment A on Query { ...A }",
    ],
)
def test_cyclic_fragments_are_an_error_of_the_client(ask: Callable[..., Any], query: str) -> None:
    """CVE-2026-47706 in Strawberry: its depth limit followed such fragments without end."""
    assert "Cannot spread fragment 'A' within itself" in message(ask(query))


def test_aliases_are_counted_where_fragments_are_spread(ask: Callable[..., Any]) -> None:
    """CVE-2026-47707 in Strawberry: its alias limit counted those of a fragment once."""
    query = "{ node { ...A child { ...A child { ...A } } } } fragment A on Node { a: name b: name }"
    limits = GraphQLLimits(max_aliases=5)
    assert "6 aliases; at most 5" in message(ask(query, limits=limits))
    assert ask(query, limits=GraphQLLimits(max_aliases=6)).status_code == 200


def test_an_exponential_document_is_rejected_at_once(ask: Callable[..., Any]) -> None:
    levels = 45
    fragments = "".join(
        f"fragment F{level} on Node {{ a: child {{ ...F{level + 1} }} b: child {{ ...F{level + 1} }} }} "
        for level in range(levels)
    )
    query = f"{{ node {{ ...F0 }} }} {fragments} fragment F{levels} on Node {{ name }}"
    assert "deep" in message(ask(query))
    limits = GraphQLLimits(max_depth=None, max_aliases=None)
    assert "more than a million million" in message(ask(query, limits=limits))


def test_tokens_and_size_are_counted_before_parsing(ask: Callable[..., Any]) -> None:
    assert "more than 10 tokens" in message(ask("{ " + "hello " * 20 + "}", limits=GraphQLLimits(max_tokens=10)))
    assert "at most 5 are allowed" in message(ask("{ hello }", limits=GraphQLLimits(max_query_size=5)))


def test_values_of_variables_are_counted_before_they_are_coerced(ask: Callable[..., Any]) -> None:
    """Coercing those of a body of 16 MB, which the default allows, would take the event loop for 12 seconds."""
    query = "query ($n: Int) { node { children(first: $n) { name } } }"
    limits = GraphQLLimits(max_variable_values=6)
    rows: Any = {"n": 1, "rows": [{"a": 1}, [[]]]}
    assert ask(query, variables=rows, limits=GraphQLLimits(max_variable_values=None)).status_code == 200
    assert ask(query, variables=rows, limits=limits).status_code == 200
    rows["rows"].append(None)
    assert message(ask(query, variables=rows, limits=limits)) == (
        "The variables have more than 6 values, with list items and members of input objects."
    )
    assert "more than 10000 values" in message(ask(query, variables={"n": 1, "rows": [[]] * 10_000}))


@pytest.mark.parametrize("rows", [[None] * 1_000_000, dict.fromkeys(range(1_000_000))])
def test_a_list_that_is_longer_than_the_limit_is_not_copied(rows: Any) -> None:
    tracemalloc.start()
    try:
        assert variables_excess({"rows": rows}, 10) is not None
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("limit", [None, 1_000])
@pytest.mark.parametrize("levels", [101, 500])
def test_variables_nested_too_deep_are_an_error_of_the_client(
    ask: Callable[..., Any], levels: int, limit: int | None
) -> None:
    value: Any = []
    for _ in range(levels):
        value = {"a": value}
    limits = GraphQLLimits(max_variable_values=limit)
    assert (
        message(ask("{ hello }", variables=value, limits=limits)) == "The variables are nested deeper than 100 levels."
    )
    assert ask("{ hello }", variables={"n": value["a"]["a"]}, limits=limits).status_code == (
        200 if levels == 101 else 400
    )


def test_a_document_nested_too_deep_for_the_parser_is_an_error_of_the_client(ask: Callable[..., Any]) -> None:
    limits = GraphQLLimits(max_tokens=None, max_query_size=None, max_depth=None)
    assert "nested too deep" in message(ask("{ a" * 50_000, limits=limits))


def test_complexity_multiplies_what_lists_are_asked_for(ask: Callable[..., Any]) -> None:
    limits = GraphQLLimits(max_complexity=50)
    query = "query ($n: Int) { node { children(first: $n) { name } } }"
    assert ask("{ node { children(first: 40) { name } } }", limits=limits).status_code == 200
    assert "complexity of 62" in message(ask("{ node { children(first: 60) { name } } }", limits=limits))
    assert ask(query, variables={"n": 40}, limits=limits).status_code == 200
    assert "complexity of 62" in message(ask(query, variables={"n": 60}, limits=limits))


@pytest.mark.parametrize("given", [None, {}, {"other": 1}])
def test_complexity_counts_the_default_of_a_variable_that_is_not_given(ask: Callable[..., Any], given: Any) -> None:
    limits = GraphQLLimits(max_complexity=50)
    query = "query ($n: Int = 60) { node { children(first: $n) { name } } }"
    assert "complexity of 62" in message(ask(query, variables=given, limits=limits))
    assert ask(query, variables={"n": 40}, limits=limits).status_code == 200


def test_each_operation_is_measured_with_its_own_defaults(ask: Callable[..., Any]) -> None:
    query = (
        "query Small($n: Int = 5) { node { ...F } } query Large($n: Int = 60) { node { ...F } }"
        "fragment F on Node { children(first: $n) { name } }"
    )
    limits = GraphQLLimits(max_complexity=50)
    assert ask(query, payload={"operationName": "Small"}, limits=limits).status_code == 200
    assert "complexity of 62" in message(ask(query, payload={"operationName": "Large"}, limits=limits))


def test_complexity_counts_whole_numbers_that_json_has_as_fractions(ask: Callable[..., Any]) -> None:
    query = "query ($n: Int) { node { children(first: $n) { name } } }"
    assert "complexity of 62" in message(ask(query, variables={"n": 60.0}, limits=GraphQLLimits(max_complexity=50)))


@pytest.mark.parametrize("digits", [20, 5000])
def test_a_number_of_any_length_is_an_error_of_the_client(ask: Callable[..., Any], digits: int) -> None:
    query = f"{{ node {{ children(first: {'9' * digits}) {{ name }} }} }}"
    assert "more than a million million" in message(ask(query))
    assert message(ask(query, limits=GraphQLLimits(max_complexity=None)))


def test_fields_have_weights_at_the_field_or_by_name(ask: Callable[..., Any]) -> None:
    limits = GraphQLLimits(max_complexity=40)
    assert "complexity of 50" in message(ask("{ expensive }", limits=limits))
    assert ask("{ expensive }", limits=limits, costs=FieldCosts({"Query.expensive": 5})).status_code == 200
    assert "complexity of 41" in message(ask("{ hello }", limits=limits, costs=FieldCosts({"Query.hello": 41})))


def test_a_weight_of_no_field_is_rejected_at_construction(ask: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match=r"Query\.missing"):
        ask("{ hello }", costs=FieldCosts({"Query.missing": 5}))
    with pytest.raises(ValueError, match=r"Type\.field"):
        FieldCosts({"hello": 5})
    with pytest.raises(ValueError, match="max_depth"):
        GraphQLLimits(max_depth=0)


@pytest.mark.parametrize(("weight", "error"), [(-1, ValueError), ("expensive", TypeError), (0.5, TypeError)])
def test_a_wrong_weight_is_rejected_at_construction_wherever_it_is_given(weight: Any, error: type[Exception]) -> None:
    from armillary.graphql import GraphQL

    @strawberry.type
    class Query:
        @strawberry.field(metadata={"cost": weight})
        def hello(self) -> str:
            return "world"

    with pytest.raises(error, match=r"Query\.hello"):
        GraphQL(strawberry.Schema(Query))
    with pytest.raises(error, match=r"Query\.hello"):
        FieldCosts({"Query.hello": weight})
    with pytest.raises(error, match="default"):
        FieldCosts(default=weight)


def test_a_string_in_place_of_a_list_of_arguments_is_rejected() -> None:
    with pytest.raises(TypeError, match="list_arguments"):
        FieldCosts(list_arguments="first")


def test_an_operation_over_its_time_is_stopped(ask: Callable[..., Any]) -> None:
    response = ask("{ slow(seconds: 30) }", limits=GraphQLLimits(execution_timeout=0.05))
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"] == {"code": "EXECUTION_TIMEOUT"}


def test_introspection_as_tools_send_it_is_within_the_limits(ask: Callable[..., Any]) -> None:
    from graphql import get_introspection_query

    assert ask(get_introspection_query(input_value_deprecation=True)).json()["data"]["__schema"]


def test_documents_are_validated_once(schema: strawberry.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    from armillary.graphql import GraphQL
    from armillary.graphql.limits import _validation
    from armillary.testing import TestClient

    calls: list[object] = []
    validate = _validation.validate
    monkeypatch.setattr(
        _validation, "validate", lambda *args, **options: calls.append(args) or validate(*args, **options)
    )
    client = TestClient(GraphQL(schema, limits=GraphQLLimits(max_cached_documents=2)))
    for query in ("{ hello }", "{ hello }", "{ a: hello }", "{ hello }", "{ b: hello }", "{ hello }", "{ a: hello }"):
        assert "data" in client.post("/", json={"query": query}).json()
    assert len(calls) == 4


def test_rules_and_extensions_of_the_schema_are_kept() -> None:
    from strawberry.extensions import DisableIntrospection, QueryDepthLimiter

    from armillary.graphql import GraphQL
    from armillary.testing import TestClient

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "world"

    schema = strawberry.Schema(Query, extensions=[DisableIntrospection, lambda: QueryDepthLimiter(max_depth=3)])
    client = TestClient(GraphQL(schema))
    assert client.post("/", json={"query": "{ hello }"}).json() == {"data": {"hello": "world"}}
    rejected = client.post("/", json={"query": "{ __schema { types { name } } }"}).json()
    assert "introspection has been disabled" in rejected["errors"][0]["message"]
    assert len(schema.extensions) == 2


NODES = build_schema("type Query { node: Node } type Node { name: String child: Node }")


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, int]:
    """A document of nested fields and fragments, and how many aliases it has once expanded."""
    count = draw(st.integers(1, 6))
    aliases = [0] * (count + 1)
    text = ""
    for level in reversed(range(count)):
        own = draw(st.integers(0, 3))
        spreads = draw(st.integers(0, 3)) if level + 1 < count else 0
        aliases[level] = own + spreads * aliases[level + 1]
        fields = " ".join(f"a{index}: name" for index in range(own)) or "name"
        nest = " ".join(f"child {{ ...F{level + 1} }}" for _ in range(spreads))
        text += f"fragment F{level} on Node {{ {fields} {nest} }} "
    return f"{{ node {{ ...F0 }} }} {text}", aliases[0]


@given(documents())
def test_aliases_are_those_of_the_expanded_document(document: tuple[str, int]) -> None:
    text, aliases = document
    node = parse(text)
    measuring = Measuring(NODES, node, FieldCosts())
    assert measuring.operation(node.definitions[0]).aliases == aliases  # type: ignore[arg-type]


@pytest.mark.parametrize("rewrites", [False, True])
def test_limits_hold_for_a_document_that_an_extension_gave(rewrites: bool) -> None:
    from strawberry.extensions import ParserCache, SchemaExtension

    from armillary.graphql import GraphQL
    from armillary.testing import TestClient

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "world"

    class Deepening(SchemaExtension):
        def on_parse(self) -> Iterator[None]:
            self.execution_context.graphql_document = parse("{ __schema { types { name } } }")
            yield

    schema = strawberry.Schema(Query, extensions=[Deepening if rewrites else ParserCache])
    client = TestClient(GraphQL(schema, limits=GraphQLLimits(max_depth=2)))
    rejected = client.post("/", json={"query": "{ __schema { types { name } } }"}).json()
    assert "3 levels deep; at most 2" in rejected["errors"][0]["message"]
    simple = client.post("/", json={"query": "{ hello }"}).json()
    assert ("3 levels deep" in str(simple)) is rewrites


def test_a_document_that_an_extension_gave_is_validated_within_the_same_bound() -> None:
    from strawberry.extensions import SchemaExtension

    from armillary.graphql import GraphQL
    from armillary.testing import TestClient

    @strawberry.type
    class Query:
        @strawberry.field
        def hello(self) -> str:
            return "world"

    class Repeating(SchemaExtension):
        def on_parse(self) -> Iterator[None]:
            self.execution_context.graphql_document = parse("{ " + "hello " * 700 + "}")
            yield

    client = TestClient(
        GraphQL(strawberry.Schema(Query, extensions=[Repeating]), limits=GraphQLLimits(max_repeats=None))
    )
    rejected = client.post("/", json={"query": "{ hello }"}).json()
    assert "too much work to validate" in rejected["errors"][0]["message"]
