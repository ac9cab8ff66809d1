"""Wrong options are errors when the application is constructed, and name the parameter and the fix."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry

from armillary.graphql import (
    FieldCosts,
    GraphQL,
    GraphQLLimits,
    MemoryDocumentStore,
    RedisDocumentStore,
    TrustedDocuments,
)


class SyncStore:
    def get(self, sha256: str) -> str | None: ...

    def put(self, sha256: str, document: str) -> None: ...


class HalfAStore:
    async def get(self, sha256: str) -> str | None: ...


@pytest.mark.parametrize(
    ("option", "value", "fix"),
    [
        ("persisted_queries", {}, "MemoryDocumentStore()"),
        ("persisted_queries", MemoryDocumentStore, "MemoryDocumentStore()"),
        ("persisted_queries", SyncStore(), "async def"),
        ("persisted_queries", HalfAStore(), "`put`"),
        ("persisted_queries", TrustedDocuments({"a": "{ a }"}), "trusted_documents="),
        ("trusted_documents", {"a": "{ a }"}, "TrustedDocuments("),
        ("trusted_documents", MemoryDocumentStore(), "TrustedDocuments("),
        ("limits", {"max_depth": 8}, "GraphQLLimits("),
        ("limits", GraphQLLimits, "GraphQLLimits("),
        ("costs", {"Query.hello": 10}, "FieldCosts("),
        ("websocket_limits", GraphQLLimits(), "WebSocketLimits("),
        ("context", {"user": "ada"}, "function"),
        ("root_value", {}, "function"),
        ("on_connect", lambda context: None, "async def"),
        ("public_errors", ValueError, "list"),
        ("public_errors", 5, "list"),
        ("public_errors", ["ValueError"], "exception classes"),
        ("public_errors", [int], "exception classes"),
        ("allow_origins", "https://app.example.com", "list"),
        ("debug", "yes", "True or False"),
        ("ide", "graphiql", "True or False"),
        ("batching", 10, "True or False"),
        ("uploads", None, "True or False"),
        ("single_connection", 1, "True or False"),
        ("legacy_websocket", "graphql-ws", "True or False"),
        ("title", None, "text"),
    ],
)
def test_an_option_of_the_wrong_type_is_a_type_error(
    schema: strawberry.Schema, option: str, value: Any, fix: str
) -> None:
    with pytest.raises(TypeError) as caught:
        GraphQL(schema, **{option: value})
    assert option in str(caught.value)
    assert fix in str(caught.value)


def test_documents_are_either_trusted_or_persisted(schema: strawberry.Schema) -> None:
    with pytest.raises(ValueError, match="trusted_documents or persisted_queries"):
        GraphQL(schema, trusted_documents=TrustedDocuments({"a": "{ hello }"}), persisted_queries=MemoryDocumentStore())


def test_uploads_need_the_parser_of_forms(schema: strawberry.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.graphql._options.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"uploads=True.*pip install 'armillary-graphql\[uploads\]'"):
        GraphQL(schema, uploads=True)


COUNTS = [name for name in GraphQLLimits.__slots__ if name.startswith("max_")]
TIMES = [name for name in GraphQLLimits.__slots__ if not name.startswith("max_")]


@pytest.mark.parametrize("name", COUNTS)
def test_a_limit_on_a_number_is_a_whole_number(name: str) -> None:
    for wrong in ("8", 8.5, float("inf"), True, [8]):
        with pytest.raises(TypeError, match=f"{name} as a whole number"):
            GraphQLLimits(**{name: wrong})
    with pytest.raises(ValueError, match=name):
        GraphQLLimits(**{name: -1})
    assert getattr(GraphQLLimits(**{name: 8}), name) == 8


@pytest.mark.parametrize("name", TIMES)
def test_a_time_limit_is_a_number_of_seconds(name: str) -> None:
    for wrong in ("8", True, [8]):
        with pytest.raises(TypeError, match=f"{name} as a number of seconds"):
            GraphQLLimits(**{name: wrong})
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=name):
            GraphQLLimits(**{name: wrong})
    assert getattr(GraphQLLimits(**{name: 0.5}), name) == 0.5


def test_none_switches_a_limit_off_except_that_of_the_cache() -> None:
    for name in GraphQLLimits.__slots__:
        if name != "max_cached_documents":
            assert getattr(GraphQLLimits(**{name: None}), name) is None
    with pytest.raises(TypeError, match="max_cached_documents as a whole number, 0 for no cache"):
        GraphQLLimits(max_cached_documents=None)  # type: ignore[arg-type]
    assert GraphQLLimits(max_aliases=0, max_cached_documents=0).max_aliases == 0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MemoryDocumentStore(max_documents="10"), TypeError, "max_documents"),
        (lambda: MemoryDocumentStore(max_document_size=None), TypeError, "max_document_size"),
        (lambda: MemoryDocumentStore(max_documents=0), ValueError, "max_documents"),
        (lambda: RedisDocumentStore("127.0.0.1:6379"), ValueError, "url.*redis://"),
        (lambda: RedisDocumentStore(None), TypeError, "url.*redis://"),
        (lambda: RedisDocumentStore("redis://127.0.0.1", prefix=None), TypeError, "prefix"),
        (lambda: RedisDocumentStore("redis://127.0.0.1", ttl="60"), TypeError, "ttl"),
        (lambda: RedisDocumentStore("redis://127.0.0.1", ttl=0), ValueError, "ttl"),
        (lambda: RedisDocumentStore("redis://127.0.0.1", timeout="5"), TypeError, "timeout"),
        (lambda: TrustedDocuments(["{ hello }"]), TypeError, "documents by id"),
        (lambda: TrustedDocuments({"a": None}), TypeError, "'a'"),
        (lambda: TrustedDocuments({}), ValueError, "at least one"),
        (lambda: FieldCosts(["Query.hello"]), TypeError, "weights by 'Type.field'"),
    ],
)
def test_stores_and_costs_check_their_own_options(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()
