"""Requests, statuses and media types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import strawberry

from armillary.asgi_types import HTTPException, Message, Receive, Scope, Send, scope_record
from armillary.graphql import GraphQL, GraphQLContext
from armillary.testing import TestClient

GRAPHQL_JSON = "application/graphql-response+json"
ACCEPT = {"accept": GRAPHQL_JSON}


def test_a_query_with_variables_returns_data(ask: Callable[..., Any]) -> None:
    response = ask("query ($n: String!) { hello(name: $n) }", variables={"n": "Vega"})
    assert response.status_code == 200
    assert response.headers["content-type"] == GRAPHQL_JSON
    assert response.json() == {"data": {"hello": "hello Vega"}}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json", GRAPHQL_JSON),
        (f"application/json, {GRAPHQL_JSON};q=0.5", "application/json"),
        (f"{GRAPHQL_JSON};q=0.1, */*;q=0.5", "application/json"),
        (f"{GRAPHQL_JSON}; charset=utf-8", GRAPHQL_JSON),
    ],
)
def test_the_response_has_the_media_type_the_client_prefers(
    ask: Callable[..., Any], accept: str, content_type: str
) -> None:
    assert ask("{ hello }", accept=accept).headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("*/*, application/json;q=0", GRAPHQL_JSON),
        ("application/json;q=0, */*;q=0.1", GRAPHQL_JSON),
        ("application/*, application/json;q=0", GRAPHQL_JSON),
        ("application/*;q=0.5, application/json;q=0.1", GRAPHQL_JSON),
        (f"*/*, {GRAPHQL_JSON};q=0", "application/json"),
        ("application/json;charset=UTF-8", "application/json"),
        ("*/*;q=0, application/json", "application/json"),
    ],
)
def test_the_most_specific_range_decides_about_a_media_type(
    ask: Callable[..., Any], accept: str, content_type: str
) -> None:
    response = ask("{ hello }", accept=accept)
    assert (response.status_code, response.headers["content-type"]) == (200, content_type)


def test_several_accept_fields_are_one_list(serve: Callable[..., TestClient]) -> None:
    headers = [("accept", "*/*"), ("accept", "application/json;q=0")]
    response = serve().post("/", json={"query": "{ hello }"}, headers=headers)
    assert response.headers["content-type"] == GRAPHQL_JSON


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain",
        "application/json;q=0",
        f"{GRAPHQL_JSON}; charset=latin-1",
        f"*/*, application/json;q=0, {GRAPHQL_JSON};q=0",
        "application/*;q=0, */*",
    ],
)
def test_a_media_type_that_cannot_be_sent_is_a_406(ask: Callable[..., Any], accept: str) -> None:
    response = ask("{ hello }", accept=accept)
    assert response.status_code == 406
    assert "accept one of them" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "payload", "message"),
    [
        ("{ hello", None, "Syntax Error"),
        ("{ nothing }", None, "Cannot query field 'nothing'"),
        ("{ hello }", {"operationName": "Other"}, 'Unknown operation named "Other"'),
        ("query A { hello } query B { hello }", None, "several operations"),
        ("fragment F on Query { hello }", None, "no operation"),
        ("query ($n: String!) { hello(name: $n) }", None, "Variable '$n' has invalid value"),
        ("query ($n: String!) { hello(name: $n) }", {"variables": {"n": 1}}, "Variable '$n' has invalid value"),
    ],
)
def test_what_cannot_be_run_is_a_400_without_data_or_a_200_for_older_clients(
    ask: Callable[..., Any], query: str, payload: dict[str, Any] | None, message: str
) -> None:
    response = ask(query, payload=payload)
    assert response.status_code == 400
    assert "data" not in response.json()
    assert message in response.json()["errors"][0]["message"]
    assert ask(query, payload=payload, accept="application/json").status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"{", "application/json", 400, "not valid JSON"),
        (b'{"query": "\xff"}', "application/json", 400, "not valid JSON"),
        (b"[" * 100_000, "application/json", 400, "not valid JSON"),
        (b'"{ hello }"', "application/json", 400, "JSON object"),
        (b"{}", "application/json", 400, "no `query`"),
        (b'{"query": 1}', "application/json", 400, "`query` must be a string"),
        (b'{"query": "{ hello }", "variables": []}', "application/json", 400, "`variables` must be an object"),
        (b'{"query": "{ hello }", "variables": "x"}', "application/json", 400, "`variables` must be an object"),
        (b'{"query": "{ hello }", "operationName": 1}', "application/json", 400, "`operationName` must be a string"),
        (b'{"query": "{ hello }", "extensions": []}', "application/json", 400, "`extensions` must be an object"),
        (b'{"query": "{ hello }"}', "text/plain", 415, "Send GraphQL requests as application/json"),
        (b'{"query": "{ hello }"}', "", 415, "Send GraphQL requests as application/json"),
        (b'{"query": "{ hello }"}', "application/json; charset=utf-16", 415, "UTF-8"),
        (b'[{"query": "{ hello }"}]', "application/json", 400, "Batching is off"),
    ],
)
def test_bad_input_gets_a_status_and_a_message(
    serve: Callable[..., TestClient], body: bytes, content_type: str, status: int, message: str
) -> None:
    response = serve().post("/", content=body, headers={"content-type": content_type, **ACCEPT})
    assert response.status_code == status
    assert message in response.json()["errors"][0]["message"]
    assert response.headers["content-type"] == GRAPHQL_JSON


def test_a_body_over_the_limit_is_a_413(serve: Callable[..., TestClient]) -> None:
    body = json.dumps({"query": "{ hello }", "extensions": {"x": "y" * (17 * 1024 * 1024)}}).encode()
    assert serve().post("/", content=body, headers={"content-type": "application/json"}).status_code == 413


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_a_405_that_names_those_allowed(serve: Callable[..., TestClient], method: str) -> None:
    response = serve().request(method, "/")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


def test_a_query_by_get_may_be_cached_and_revalidated(serve: Callable[..., TestClient]) -> None:
    client = serve()
    params = {"query": "query ($n: String) { hello(name: $n) }", "variables": '{"n": "Vega"}'}
    first = client.get("/", params=params, headers=ACCEPT)
    assert first.json() == {"data": {"hello": "hello Vega"}}
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"].lower() == "accept"
    again = client.get("/", params=params, headers={**ACCEPT, "if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_errors_by_get_are_not_cached(serve: Callable[..., TestClient]) -> None:
    response = serve().get("/", params={"query": "{ forbidden }"}, headers=ACCEPT)
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


def test_head_is_handled_as_get_without_a_body(serve: Callable[..., TestClient]) -> None:
    response = serve().head("/", params={"query": "{ hello }"}, headers=ACCEPT)
    assert response.status_code == 200
    assert response.content == b""


def test_mutations_are_not_run_by_get(serve: Callable[..., TestClient], log: list[str]) -> None:
    response = serve().get("/", params={"query": 'mutation { record(text: "x") }'}, headers=ACCEPT)
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert log == []


@pytest.mark.parametrize(
    "params", [{"query": "{ hello }", "variables": "{"}, {"query": "{ hello }", "extensions": "["}]
)
def test_malformed_parameters_of_a_get_are_a_400(serve: Callable[..., TestClient], params: dict[str, str]) -> None:
    response = serve().get("/", params=params, headers=ACCEPT)
    assert response.status_code == 400
    assert "is not valid JSON" in response.json()["errors"][0]["message"]


def test_a_nullable_field_that_fails_leaves_the_rest(ask: Callable[..., Any]) -> None:
    response = ask("{ hello optionalFailure }")
    assert response.status_code == 200
    assert response.json()["data"] == {"hello": "hello world", "optionalFailure": None}


def test_a_failure_that_reaches_the_root_has_null_data_and_a_200(ask: Callable[..., Any]) -> None:
    response = ask("{ failure }")
    assert response.status_code == 200
    assert response.json()["data"] is None


def test_an_exception_is_masked_and_a_graphql_error_is_not(ask: Callable[..., Any]) -> None:
    error = ask("{ optionalFailure }").json()["errors"][0]
    assert error["message"] == "Unexpected error."
    assert error["path"] == ["optionalFailure"]
    assert "secret" not in json.dumps(error)
    assert ask("{ forbidden }").json()["errors"][0]["message"] == "You may not."
    assert ask("{ forbidden }").json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


def test_debug_and_named_exceptions_show_the_text(ask: Callable[..., Any]) -> None:
    assert "the secret" in ask("{ optionalFailure }", debug=True).json()["errors"][0]["message"]
    assert "the secret" in ask("{ optionalFailure }", public_errors=[KeyError]).json()["errors"][0]["message"]


def test_resolvers_set_headers_and_cookies_of_the_response(serve: Callable[..., TestClient]) -> None:
    response = serve().post("/", json={"query": "{ context }"}, headers={"x-name": "Vega"})
    assert response.json() == {"data": {"context": "GraphQLContext"}}
    assert response.headers["x-seen"] == "Vega"
    assert response.cookies["seen"] == "yes"
    assert response.headers["content-length"] == str(len(response.content))


def test_context_and_root_value_are_made_by_functions_of_either_kind(ask: Callable[..., Any]) -> None:
    class Mine(GraphQLContext):
        pass

    def make(context: GraphQLContext) -> Mine:
        return Mine(context.connection)  # type: ignore[arg-type]

    async def make_later(context: GraphQLContext) -> Mine:
        return make(context)

    assert ask("{ context }", context=make).json() == {"data": {"context": "Mine"}}
    assert ask("{ context }", context=make_later).json() == {"data": {"context": "Mine"}}


def test_background_work_runs_after_the_response(serve: Callable[..., TestClient]) -> None:
    done: list[str] = []

    def context(context: GraphQLContext) -> GraphQLContext:
        async def work() -> None:
            done.append("work")

        context.response.background = work
        return context

    assert serve(context=context).post("/", json={"query": "{ hello }"}).status_code == 200
    assert done == ["work"]


def test_resolvers_attach_background_work_and_set_the_status(serve: Callable[..., TestClient]) -> None:
    done: list[str] = []

    async def work() -> None:
        done.append("work")

    @strawberry.type
    class Query:
        @strawberry.field
        def order(self, info: strawberry.Info) -> str:
            info.context.response.background = work
            info.context.response.status_code = 202
            done.append("resolver")
            return "taken"

    client = serve(strawberry.Schema(Query))
    response = client.post("/", json={"query": "{ order }"})
    assert (response.status_code, response.json()) == (202, {"data": {"order": "taken"}})
    assert done == ["resolver", "work"]
    for accept in ("text/event-stream", "multipart/mixed"):
        done.clear()
        response = client.post("/", json={"query": "{ order }"}, headers={"accept": accept})
        assert (response.status_code, done) == (202, ["resolver", "work"])


def test_a_batch_runs_in_order_and_is_capped(serve: Callable[..., TestClient], log: list[str]) -> None:
    client = serve(batching=True)
    batch = [{"query": f'mutation {{ record(text: "{name}") }}'} for name in "ab"]
    response = client.post("/", json=batch)
    assert [result["data"]["record"] for result in response.json()] == ["a", "b"]
    assert log == ["begin a", "end a", "begin b", "end b"]
    rejected = client.post("/", json=[{"query": "{ hello }"}] * 11)
    assert rejected.status_code == 400
    assert "at most 10" in rejected.json()["errors"][0]["message"]
    assert client.post("/", json=[]).status_code == 400


def test_a_rejected_operation_of_a_batch_leaves_the_others(serve: Callable[..., TestClient]) -> None:
    batch = [{"query": "{ hello }"}, {}, {"query": "subscription { count }"}, "text", {"query": "{ optionalFailure }"}]
    results = serve(batching=True).post("/", json=batch).json()
    assert results[0] == {"data": {"hello": "hello world"}}
    messages = [result["errors"][0]["message"] for result in results[1:]]
    assert "no `query`" in messages[0]
    assert "subscription on its own" in messages[1]
    assert "must be a JSON object" in messages[2]
    assert messages[3] == "Unexpected error."


def test_a_context_may_reject_a_request_with_a_status(serve: Callable[..., TestClient]) -> None:
    def context(context: GraphQLContext) -> GraphQLContext:
        raise HTTPException(401, "Log in first.", {"www-authenticate": "Bearer"})

    response = serve(context=context).post("/", json={"query": "{ hello }"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json() == {"errors": [{"message": "Log in first."}]}


def test_an_unknown_scope_and_a_wrong_schema_are_named() -> None:
    with pytest.raises(TypeError, match=r"strawberry\.Schema"):
        GraphQL(object())  # type: ignore[arg-type]


def test_lifespan_is_taken_part_in(serve: Callable[..., TestClient]) -> None:
    with serve() as client:
        assert client.post("/", json={"query": "{ hello }"}).status_code == 200


def test_trio_is_rejected_with_an_error_message(schema: Any) -> None:
    client = TestClient(GraphQL(schema), backend="trio")
    with pytest.raises(RuntimeError, match="needs asyncio"):
        client.post("/", json={"query": "{ hello }"})


@pytest.mark.parametrize(
    ("query", "has_errors"), [("{ hello }", False), ("{ optionalFailure hello }", True), ("{ forbidden }", True)]
)
@pytest.mark.parametrize(
    ("batch", "accept"),
    [(False, "application/json"), (True, "application/json"), (False, "text/event-stream"), (False, "multipart/mixed")],
)
def test_a_result_with_errors_is_recorded_for_the_outer_transaction(
    schema: strawberry.Schema, query: str, has_errors: bool, batch: bool, accept: str
) -> None:
    app, seen = GraphQL(schema, batching=True), []

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        async def look(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(scope_record(scope).get("result_has_errors", False))
            await send(message)

        await app(scope, receive, look)

    operation = {"query": query}
    TestClient(around).post("/", json=[operation] if batch else operation, headers={"accept": accept})
    assert seen == [has_errors]


@pytest.mark.parametrize(
    ("detail", "error"),
    [
        ("Log in first.", {"message": "Log in first."}),
        (None, {"message": "Unauthorized"}),
        ({"scope": "read"}, {"message": "Unauthorized", "extensions": {"detail": {"scope": "read"}}}),
    ],
)
def test_an_http_exception_of_the_context_is_an_error_with_its_status(
    ask: Callable[..., Any], detail: Any, error: dict[str, Any]
) -> None:
    def context(context: Any) -> Any:
        raise HTTPException(401, detail, {"www-authenticate": "Bearer"})

    response = ask("{ hello }", context=context)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json() == {"errors": [error]}
