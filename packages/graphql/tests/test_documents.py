"""Automatic persisted queries and trusted documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import strawberry
from testkit import missing_service

from armillary.graphql import GraphQL, MemoryDocumentStore, RedisDocumentStore, TrustedDocuments
from armillary.graphql._operation import RequestRejected, read_operation
from armillary.testing import TestClient

HELLO = "{ hello }"
DIGEST = sha256(HELLO.encode()).hexdigest()
GRAPHQL_JSON = {"accept": "application/graphql-response+json"}


def persisted(digest: Any = DIGEST, version: Any = 1, **payload: Any) -> dict[str, Any]:
    return {"extensions": {"persistedQuery": {"version": version, "sha256Hash": digest}}, **payload}


def code(response: Any) -> Any:
    return response.json()["errors"][0]["extensions"]["code"]


def test_a_query_is_sent_once_and_then_named_by_its_hash(serve: Callable[..., TestClient]) -> None:
    client = serve(persisted_queries=MemoryDocumentStore())
    unknown = client.post("/", json=persisted(), headers=GRAPHQL_JSON)
    assert (unknown.status_code, code(unknown)) == (404, "PERSISTED_QUERY_NOT_FOUND")
    assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert client.post("/", json=persisted(query=HELLO)).json()["data"]
    assert client.post("/", json=persisted()).json()["data"]
    by_get = client.get("/", params={"extensions": json.dumps(persisted()["extensions"])}, headers=GRAPHQL_JSON)
    assert by_get.json() == {"data": {"hello": "hello world"}}
    assert by_get.headers["etag"]


def test_a_wrong_hash_and_an_invalid_document_are_not_kept(serve: Callable[..., TestClient]) -> None:
    client = serve(persisted_queries=MemoryDocumentStore())
    wrong = client.post("/", json=persisted("0" * 64, query=HELLO))
    assert wrong.status_code == 400
    assert "not the hash" in wrong.json()["errors"][0]["message"]
    assert code(client.post("/", json=persisted("0" * 64))) == "PERSISTED_QUERY_NOT_FOUND"
    invalid = "{ nothing }"
    digest = sha256(invalid.encode()).hexdigest()
    client.post("/", json=persisted(digest, query=invalid))
    assert code(client.post("/", json=persisted(digest))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize("member", [persisted(version=2), persisted(1), {"extensions": {"persistedQuery": "x"}}])
def test_a_malformed_extension_is_a_400(serve: Callable[..., TestClient], member: dict[str, Any]) -> None:
    assert serve(persisted_queries=MemoryDocumentStore()).post("/", json=member).status_code == 400


@pytest.mark.anyio
async def test_an_unpaired_surrogate_has_no_hash_and_is_a_400(schema: strawberry.Schema) -> None:
    """Our own decoder replaces it; that of another framework's request may not."""
    engine = GraphQL(schema, persisted_queries=MemoryDocumentStore()).engine
    with pytest.raises(RequestRejected, match="surrogate") as caught:
        await engine.resolve(read_operation(persisted(query="{ hello } # \ud800")))
    assert caught.value.status_code == 400


def test_without_a_store_persisted_queries_are_not_supported(serve: Callable[..., TestClient]) -> None:
    assert code(serve().post("/", json=persisted())) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert serve().post("/", json={"documentId": "x"}).status_code == 400


@pytest.mark.anyio
async def test_the_memory_store_evicts_the_least_recently_used() -> None:
    store = MemoryDocumentStore(max_documents=2, max_document_size=5)
    await store.put("a", "A")
    await store.put("b", "B")
    assert await store.get("a") == "A"
    await store.put("c", "C")
    await store.put("d", "too long")
    assert [await store.get(name) for name in "abcd"] == ["A", None, "C", None]
    with pytest.raises(ValueError, match="above 0"):
        MemoryDocumentStore(max_documents=0)


def test_an_unavailable_store_costs_the_text_of_a_query_and_no_more(
    serve: Callable[..., TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(persisted_queries=RedisDocumentStore("redis://127.0.0.1:1/0"))
    assert code(client.post("/", json=persisted())) == "PERSISTED_QUERY_NOT_FOUND"
    assert client.post("/", json=persisted(query=HELLO)).json() == {"data": {"hello": "hello world"}}
    assert "did not respond" in caplog.text
    assert "did not store a document" in caplog.text


@pytest.mark.anyio
async def test_a_redis_that_accepts_connections_and_does_not_respond_times_out() -> None:
    async def never_respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never_respond, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = RedisDocumentStore(f"redis://127.0.0.1:{port}/0", timeout=0.05)
    try:
        with pytest.raises(Exception, match=r"(?i)timeout"):
            async with asyncio.timeout(20):
                await store.get("a")
    finally:
        await store.aclose()
        server.close()
    with pytest.raises(ValueError, match="timeout is in seconds, above 0"):
        RedisDocumentStore("redis://127.0.0.1:6379/0", timeout=0)


@pytest.mark.anyio
async def test_redis_keeps_documents_for_all_processes() -> None:
    prefix = f"armillary-graphql-test-{uuid4().hex}:"
    stores = [RedisDocumentStore("redis://127.0.0.1:6379/0", prefix=prefix, ttl=60) for _ in range(2)]
    from redis.exceptions import ConnectionError as Unreachable

    try:
        try:
            assert await stores[1].get("a") is None
        except Unreachable:
            missing_service("no Redis responds on 127.0.0.1:6379")
        await stores[0].put("a", "{ ä }")
        assert await stores[1].get("a") == "{ ä }"
        client: Any = stores[0]._redis
        assert 0 < await client.ttl(prefix + "a") <= 60
        await client.delete(prefix + "a")
    finally:
        for store in stores:
            await store.aclose()


def test_only_trusted_documents_are_run(serve: Callable[..., TestClient]) -> None:
    trusted = TrustedDocuments({"hello-1": HELLO, DIGEST: "{ node { name } }"})
    client = serve(trusted_documents=trusted)
    assert client.post("/", json={"documentId": "hello-1"}).json() == {"data": {"hello": "hello world"}}
    assert client.get("/", params={"documentId": "hello-1"}).json() == {"data": {"hello": "hello world"}}
    assert client.post("/", json={"documentId": f"sha256:{DIGEST}"}).json()["data"]["node"]
    assert client.post("/", json=persisted()).json()["data"]["node"]
    assert client.post("/", json={"query": HELLO}).json()["data"]
    rejected = client.post("/", json={"query": "{ a: hello }"}, headers=GRAPHQL_JSON)
    assert (rejected.status_code, code(rejected)) == (403, "UNTRUSTED_DOCUMENT")
    assert client.post("/", json={"documentId": "other"}).status_code == 404
    assert client.post("/", json={"documentId": 1}).status_code == 400


def test_trusted_documents_are_read_from_either_form_of_file(tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"a": HELLO}))
    assert TrustedDocuments.from_file(path).get("a") == HELLO
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "b", "body": HELLO}]}
    path.write_text(json.dumps(manifest))
    assert TrustedDocuments.from_file(path).get("b") == HELLO
    for wrong in ([], {"a": 1}, {"operations": [{"id": "b"}]}, {}):
        path.write_text(json.dumps(wrong))
        with pytest.raises(ValueError):
            TrustedDocuments.from_file(path)
