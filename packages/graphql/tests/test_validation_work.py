"""The work that the validation of one document may cause: counted, never timed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema
from testkit import count_lines

from armillary.graphql import FieldCosts, GraphQLLimits
from armillary.graphql.documents._documents import Documents

SCHEMA = build_schema(
    "type Query { node: Node name: String } type Node { name(a: Int): String child(a: Int): Node a: Int b: Int }"
)
TOKENS = 1_000
"""The default of `max_tokens`."""

SHAPES: dict[str, tuple[str, str, str]] = {
    "leaves": ("{ node { ", "name ", "} }"),
    "arguments": ("{ node { ", "name(a: 1) ", "} }"),
    "objects": ("{ node { ", "child { name } ", "} }"),
    "nested": ("{ node { ", "child { child { a } } ", "} }"),
    "nested at the root": ("{ ", "node { child { child { a } } } ", "}"),
    "inline fragments": ("{ ", "... { node { ... { a } } } ", "}"),
    "one fragment": ("{ ", "node { ...F } ", "} fragment F on Node { child { ...G } a } fragment G on Node { a b }"),
    "directives": ("{ ", "node { a @include(if: true) } ", "}"),
    "unknown fields": ("{ ", "nodes { a } ", "}"),
}


def repeated(shape: str, tokens: int) -> str:
    """Return a document of a shape with about so many tokens."""
    head, unit, tail = SHAPES[shape]
    count = (tokens - size(head) - size(tail)) // size(unit)
    return head + unit * count + tail


def fragments(tokens: int) -> str:
    """Return a document that spreads many fragments with the same fields in one place."""
    count = tokens // 13
    spreads = " ".join(f"node {{ ...F{number} }}" for number in range(count))
    return f"{{ {spreads} }} " + " ".join(f"fragment F{number} on Node {{ a b }}" for number in range(count))


def exponential(tokens: int) -> str:
    """Return a document that is exponential in its length with its fragments expanded."""
    levels = tokens // 20 - 1
    spreads = (
        f"fragment F{level} on Node {{ a: child {{ ...F{level + 1} }} b: child {{ ...F{level + 1} }} }} "
        for level in range(levels)
    )
    return f"{{ node {{ ...F0 }} }} {''.join(spreads)} fragment F{levels} on Node {{ name }}"


def size(text: str) -> int:
    from graphql.language import Lexer, Source, TokenKind

    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


def work(query: str, schema: GraphQLSchema = SCHEMA, **limits: Any) -> int:
    """Return how many lines of Python run to prepare a document."""
    documents = Documents(schema, GraphQLLimits(**limits), FieldCosts())
    return count_lines(lambda: documents.prepare(query))


@pytest.mark.parametrize("make", [*SHAPES, fragments, exponential], ids=lambda make: getattr(make, "__name__", make))
def test_no_document_within_the_default_limits_takes_more_work_than_a_multiple_of_its_tokens(
    make: str | Callable[[int], str],
) -> None:
    query = make(TOKENS) if callable(make) else repeated(make, TOKENS)
    assert work(query) < 300 * TOKENS


@pytest.mark.parametrize("shape", ["leaves", "nested", "unknown fields"])
def test_the_work_stays_bounded_without_a_limit_on_repeats(shape: str) -> None:
    off: dict[str, Any] = {"max_depth": None, "max_repeats": None, "max_aliases": None, "max_complexity": None}
    assert work(repeated(shape, TOKENS), **off) < 2_000 * TOKENS


def test_the_bound_follows_the_limit_on_tokens() -> None:
    query = repeated("leaves", 400)
    off: dict[str, Any] = {"max_repeats": None, "max_complexity": None}
    assert work(query, max_tokens=400, **off) < work(query, max_tokens=4_000, **off) / 2


def test_a_document_whose_fields_overlap_too_much_gets_a_plain_error(ask: Callable[..., Any]) -> None:
    query = "{ node { " + "child { child { name } } " * 130 + "} }"
    limits = GraphQLLimits(max_repeats=None, max_complexity=None)
    response = ask(query, limits=limits)
    assert response.status_code == 400
    assert "too much work to validate" in response.json()["errors"][0]["message"]
    assert "max_tokens" not in response.text


def test_repeats_of_one_response_name_are_counted_with_fragments_expanded(ask: Callable[..., Any]) -> None:
    limits = GraphQLLimits(max_repeats=5)
    assert ask("{ hello hello hello hello hello }", limits=limits).status_code == 200
    for query in (
        "{ hello hello hello hello hello hello }",
        "{ ...A ...A } fragment A on Query { hello ... { hello } ...B } fragment B on Query { hello }",
        "{ node { a: name } hello: hello ...A } fragment A on Query { ...B ...B hello } fragment B on Query { x: hello "
        "hello hello }",
    ):
        response = ask(query, limits=limits)
        assert response.status_code == 400
        message = response.json()["errors"][0]["message"]
        assert message == "The operation selects 'hello' 6 times in one place; at most 5 are allowed."


def test_repeats_in_different_places_of_the_result_do_not_add_up(ask: Callable[..., Any]) -> None:
    query = "{ node { name child { name child { name } } } a: node { name } b: node { name } }"
    assert ask(query, limits=GraphQLLimits(max_repeats=1)).status_code == 200


def test_the_errors_of_one_document_are_limited(ask: Callable[..., Any]) -> None:
    query = "{ " + " ".join(f"unknown{number}" for number in range(50)) + " }"
    errors = ask(query, limits=GraphQLLimits(max_errors=5)).json()["errors"]
    assert len(errors) == 6
    assert "error limit reached" in errors[-1]["message"]
    assert len(ask(query).json()["errors"]) == 21
