"""Results over server-sent events and multipart bodies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
import strawberry

from armillary.asgi_types import HTTPException, Message, Receive, Scope, Send, scope_record
from armillary.graphql import GraphQL, GraphQLContext, GraphQLLimits
from armillary.graphql.streams._multipart import incremental_parts, subscription_parts, with_heartbeats
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient

EVENTS = {"accept": "text/event-stream"}


def events(text: str) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for block in text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
        if "event" in lines:
            found.append((lines["event"], json.loads(lines.get("data") or "null")))
    return found


def parts(response: Any) -> list[Any]:
    boundary = response.headers["content-type"].split('boundary="')[1].split('"')[0]
    assert response.text.endswith(f"\r\n--{boundary}--\r\n")
    pieces = response.text.removesuffix(f"\r\n--{boundary}--\r\n").split(f"\r\n--{boundary}\r\n")
    assert pieces[0] == ""
    return [json.loads(piece.split("\r\n\r\n", 1)[1]) for piece in pieces[1:]]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_is_streamed_as_events(serve: Callable[..., TestClient], method: str) -> None:
    request: dict[str, Any] = {"query": "subscription { count(to: 2) }"}
    sent: dict[str, Any] = {"params": request} if method == "GET" else {"json": request}
    response = serve().request(method, "/", headers=EVENTS, **sent)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert events(response.text) == [
        ("next", {"data": {"count": 0}}),
        ("next", {"data": {"count": 1}}),
        ("complete", None),
    ]


@pytest.mark.parametrize("query", ["{ nothing }", "{", "subscription { nothing }"])
def test_what_cannot_run_is_an_error_in_the_stream(serve: Callable[..., TestClient], query: str) -> None:
    response = serve().post("/", json={"query": query}, headers=EVENTS)
    assert response.status_code == 200
    kinds = events(response.text)
    assert [kind for kind, _ in kinds] == ["next", "complete"]
    assert "data" not in kinds[0][1]
    assert kinds[0][1]["errors"]


def test_queries_are_streamed_too_and_mutations_not_by_get(serve: Callable[..., TestClient]) -> None:
    client = serve()
    assert events(client.post("/", json={"query": "{ hello }"}, headers=EVENTS).text)[0][1]["data"]["hello"]
    rejected = client.get("/", params={"query": 'mutation { record(text: "x") }'}, headers=EVENTS)
    assert rejected.status_code == 405


def test_a_subscription_without_a_stream_is_a_406(ask: Callable[..., Any]) -> None:
    response = ask("subscription { count }")
    assert response.status_code == 406
    assert "text/event-stream" in response.json()["errors"][0]["message"]


def test_a_subscription_is_streamed_as_parts_to_those_who_ask(serve: Callable[..., TestClient]) -> None:
    accept = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
    client = serve()
    response = client.post("/", json={"query": "subscription { count(to: 2) }"}, headers={"accept": accept})
    assert response.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0"'
    assert parts(response) == [{"payload": {"data": {"count": 0}}}, {"payload": {"data": {"count": 1}}}]
    query = client.post("/", json={"query": "{ hello }"}, headers={"accept": accept})
    assert query.headers["content-type"] == "application/json"


def test_deferred_fields_follow_in_parts(
    serve: Callable[..., TestClient], incremental_schema: strawberry.Schema
) -> None:
    query = '{ hello ... @defer(label: "later") { node { name } } }'
    client = serve(incremental_schema)
    accept = {"accept": "multipart/mixed;deferSpec=20220824, application/json"}
    response = client.post("/", json={"query": query}, headers=accept)
    assert response.headers["content-type"] == 'multipart/mixed; boundary="-"'
    first, second = parts(response)
    assert first["data"] == {"hello": "hello world"}
    assert first["hasNext"] is True
    assert first["pending"] == [{"id": "0", "path": [], "label": "later"}]
    assert second["incremental"][0]["data"] == {"node": {"name": "root"}}
    assert second["incremental"][0]["label"] == "later"
    assert second["hasNext"] is False


def test_deferred_fields_follow_as_events(
    serve: Callable[..., TestClient], incremental_schema: strawberry.Schema
) -> None:
    query = "{ hello ... @defer { optionalFailure } }"
    response = serve(incremental_schema).post("/", json={"query": query}, headers=EVENTS)
    assert [kind for kind, _ in events(response.text)] == ["next", "next", "complete"]
    assert "secret" not in response.text
    assert "Unexpected error." in response.text


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed", "multipart/mixed, application/json"])
@pytest.mark.parametrize("field", ["hello", "forbidden"])
def test_errors_of_the_first_of_several_parts_are_recorded_before_the_response_starts(
    incremental_schema: strawberry.Schema, field: str, accept: str
) -> None:
    app, seen = GraphQL(incremental_schema), []

    async def around(scope: Scope, receive: Receive, send: Send) -> None:
        async def look(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.append(scope_record(scope).get("result_has_errors", False))
            await send(message)

        await app(scope, receive, look)

    query = f"{{ {field} ... @defer {{ node {{ name }} }} }}"
    TestClient(around).post("/", json={"query": query}, headers={"accept": accept})
    assert seen == [field == "forbidden"]


def test_deferring_without_a_stream_is_a_406(
    serve: Callable[..., TestClient], incremental_schema: strawberry.Schema
) -> None:
    query = "{ hello ... @defer { node { name } } }"
    response = serve(incremental_schema).post("/", json={"query": query}, headers={"accept": "application/json"})
    assert response.status_code == 406


@pytest.mark.parametrize("directive", ["@defer", "@ defer", "@\ndefer", "@,defer", "@#\n\tdefer"])
def test_a_mutation_whose_result_could_not_be_sent_is_not_run(
    serve: Callable[..., TestClient], incremental_schema: strawberry.Schema, log: list[str], directive: str
) -> None:
    query = f'mutation {{ ... {directive} {{ record(text: "@defer") }} }}'
    client = serve(incremental_schema, batching=True)
    assert client.post("/", json={"query": query}).status_code == 406
    assert "multipart/mixed" in client.post("/", json=[{"query": query}]).json()[0]["errors"][0]["message"]
    assert log == []
    assert client.post("/", json={"query": 'mutation { record(text: "@defer") }'}).json() == {
        "data": {"record": "@defer"}
    }


@pytest.mark.anyio
async def test_a_client_that_leaves_stops_its_subscription(schema: strawberry.Schema, log: list[str]) -> None:
    async with AsyncTestClient(lint(GraphQL(schema))) as client:
        request = {"query": "subscription { forever }"}
        async with client.stream("POST", "/", json=request, headers=EVENTS) as response:
            async for line in response.aiter_lines():
                if "running" in line:
                    break
        for _ in range(100):
            if "forever ends" in log:
                break
            await asyncio.sleep(0.02)
    assert log == ["forever begins", "forever ends"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("form", "delimiter"), [(incremental_parts, b"\r\n---"), (subscription_parts, b"\r\n--graphql")]
)
async def test_a_part_is_sent_with_the_delimiter_that_completes_it(form: Any, delimiter: bytes) -> None:
    async def values(count: int) -> Any:
        for number in range(count):
            yield {"data": number}

    first, second, end = [piece async for piece in form(values(2))]
    assert first.startswith(delimiter + b"\r\n")
    assert first.endswith(b"}" + delimiter)
    assert second.startswith(b"\r\ncontent-type:")
    assert second.endswith(b"}" + delimiter)
    assert end == b"--\r\n"
    assert [piece async for piece in form(values(0))] == [delimiter + b"--\r\n"]


@pytest.mark.anyio
async def test_heartbeats_fill_the_silence() -> None:
    async def values() -> Any:
        await asyncio.sleep(0.1)
        yield 1

    seen = [value async for value in with_heartbeats(values(), 0.03)]
    assert seen[0] is None
    assert seen[-1] == 1


@pytest.mark.anyio
async def test_values_between_heartbeats_come_from_one_task_that_also_closes_them() -> None:
    tasks: list[Any] = []

    async def values() -> Any:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(asyncio.sleep(0))
                for number in range(3):
                    tasks.append(asyncio.current_task())
                    yield number
                    await asyncio.sleep(0.05)
        finally:
            tasks.append(asyncio.current_task())

    assert [value async for value in with_heartbeats(values(), 0.02) if value is not None] == [0, 1, 2]
    assert len(tasks) == 4
    assert len(set(tasks)) == 1


@pytest.mark.anyio
async def test_a_client_that_leaves_during_a_heartbeat_stops_its_subscription(log: list[str]) -> None:
    async def values() -> Any:
        try:
            await asyncio.Event().wait()
            yield {}
        finally:
            log.append("closed")

    parts = subscription_parts(values(), 0.02)
    assert b"{}" in await anext(parts)
    await parts.aclose()
    assert log == ["closed"]


@pytest.mark.anyio
async def test_what_the_values_raise_ends_the_heartbeats() -> None:
    async def values() -> Any:
        yield 1
        raise KeyError("broken")

    seen: list[Any] = []
    with pytest.raises(KeyError, match="broken"):
        async for value in with_heartbeats(values(), 5):
            seen.append(value)
    assert seen == [1]


class Single:
    """A client of single connection mode."""

    def __init__(self, client: AsyncTestClient, token: str) -> None:
        self.client = client
        self.headers = {"x-graphql-event-stream-token": token}

    @classmethod
    async def reserve(cls, client: AsyncTestClient) -> Single:
        response = await client.put("/")
        assert response.status_code == 201
        return cls(client, response.text)

    async def send(self, query: str, operation_id: Any = "1") -> Any:
        body = {"query": query, "extensions": {"operationId": operation_id}}
        return await self.client.post("/", json=body, headers=self.headers)


@pytest.mark.anyio
async def test_one_stream_carries_several_operations(schema: strawberry.Schema, log: list[str]) -> None:
    async with AsyncTestClient(lint(GraphQL(schema, single_connection=True))) as client:
        single = await Single.reserve(client)
        seen: list[tuple[str, Any]] = []
        async with client.stream("GET", "/", headers={**EVENTS, **single.headers}) as stream:
            second = await client.get("/", headers={**EVENTS, **single.headers})
            assert second.status_code == 409
            assert (await single.send("subscription { count(to: 1) }", "a")).status_code == 202
            assert (await single.send("subscription { forever }", "b")).status_code == 202
            assert (await single.send("subscription { forever }", "b")).status_code == 409
            assert (await single.send("{ nothing }", "c")).status_code == 400
            assert (await single.send("{ hello }", None)).status_code == 400
            text = ""
            async for piece in stream.aiter_text():
                text += piece
                seen = events(text)
                if len(seen) == 3:
                    break
            stopped = await client.delete("/", params={"operationId": "b"}, headers=single.headers)
            assert stopped.status_code == 200
            await asyncio.sleep(0.05)
            assert log == ["forever begins", "forever ends"]
        expected = [
            ("next", {"id": "a", "payload": {"data": {"count": 0}}}),
            ("complete", {"id": "a"}),
            ("next", {"id": "b", "payload": {"data": {"forever": "running"}}}),
        ]
        assert sorted(seen, key=str) == sorted(expected, key=str)


@pytest.mark.anyio
async def test_tokens_and_numbers_of_streams_are_checked(schema: strawberry.Schema) -> None:
    limits = GraphQLLimits(max_event_streams=1, max_subscriptions=1)
    async with AsyncTestClient(lint(GraphQL(schema, single_connection=True, limits=limits))) as client:
        single = await Single.reserve(client)
        assert (await client.put("/")).status_code == 503
        wrong = Single(client, "guessed")
        assert (await wrong.send("{ hello }")).status_code == 404
        assert (await client.get("/", headers={**EVENTS, **wrong.headers})).status_code == 404
        assert (await client.delete("/", headers=wrong.headers)).status_code == 400
        assert (await client.delete("/")).status_code == 400
        assert (await single.send("subscription { forever }", "a")).status_code == 202
        assert (await single.send("subscription { forever }", "b")).status_code == 429
        await client.delete("/", params={"operationId": "a"}, headers=single.headers)


@pytest.mark.anyio
async def test_a_closed_stream_stops_its_operations_and_frees_its_place(
    schema: strawberry.Schema, log: list[str]
) -> None:
    limits = GraphQLLimits(max_event_streams=1)
    async with AsyncTestClient(lint(GraphQL(schema, single_connection=True, limits=limits))) as client:
        single = await Single.reserve(client)
        async with client.stream("GET", "/", headers={**EVENTS, **single.headers}) as stream:
            await single.send("subscription { forever }")
            async for _ in stream.aiter_text():
                break
        for _ in range(100):
            if "forever ends" in log:
                break
            await asyncio.sleep(0.02)
        assert "forever ends" in log
        assert (await client.put("/")).status_code == 201


@pytest.mark.anyio
@pytest.mark.parametrize("failure", ["format_error", "encoding"])
async def test_an_operation_that_fails_outside_its_resolvers_is_completed_and_the_others_go_on(
    schema: strawberry.Schema, caplog: pytest.LogCaptureFixture, failure: str
) -> None:
    class Failing(GraphQL):
        def format_error(self, error: Any, debug: bool) -> dict[str, Any]:
            if failure == "encoding":
                return {"message": object()}
            raise KeyError("the secret")

    async with AsyncTestClient(lint(Failing(schema, single_connection=True))) as client:
        single = await Single.reserve(client)
        async with client.stream("GET", "/", headers={**EVENTS, **single.headers}) as stream:
            await single.send("{ forbidden }", "a")
            text = ""
            async for piece in stream.aiter_text():
                text += piece
                if len(events(text)) == 2:
                    await single.send("{ hello }", "b")
                elif len(events(text)) == 4:
                    break
    assert events(text) == [
        ("next", {"id": "a", "payload": {"errors": [{"message": "Unexpected error."}]}}),
        ("complete", {"id": "a"}),
        ("next", {"id": "b", "payload": {"data": {"hello": "hello world"}}}),
        ("complete", {"id": "b"}),
    ]
    assert "failed outside its resolvers" in caplog.text


class Preparing:
    """A context that takes as long as a test wants."""

    def __init__(self) -> None:
        self.begun = 0
        self.may_end = asyncio.Event()

    async def __call__(self, context: GraphQLContext) -> GraphQLContext:
        if context.request.method == "POST":
            self.begun += 1
            await self.may_end.wait()
        return context

    async def until_begun(self, count: int) -> None:
        for _ in range(100):
            if self.begun == count:
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"{self.begun} operations were prepared, not {count}")


@pytest.mark.anyio
@pytest.mark.parametrize(("ids", "rejection"), [("aa", 409), ("ab", 429)])
async def test_operations_prepared_at_the_same_time_share_neither_an_id_nor_the_last_place(
    schema: strawberry.Schema, log: list[str], ids: str, rejection: int
) -> None:
    context, limits = Preparing(), GraphQLLimits(max_subscriptions=1)
    app = GraphQL(schema, single_connection=True, context=context, limits=limits)
    async with AsyncTestClient(lint(app)) as client:
        single = await Single.reserve(client)
        sent = [asyncio.create_task(single.send("subscription { forever }", name)) for name in ids]
        await context.until_begun(2)
        context.may_end.set()
        assert sorted([(await response).status_code for response in sent]) == [202, rejection]
        await client.delete("/", params={"operationId": "a"}, headers=single.headers)
        await client.delete("/", params={"operationId": "b"}, headers=single.headers)
        await asyncio.sleep(0.05)
    assert log == ["forever begins", "forever ends"]


@pytest.mark.anyio
async def test_an_operation_prepared_while_its_stream_closes_is_not_run(
    schema: strawberry.Schema, log: list[str]
) -> None:
    context = Preparing()
    async with AsyncTestClient(lint(GraphQL(schema, single_connection=True, context=context))) as client:
        single = await Single.reserve(client)
        async with client.stream("GET", "/", headers={**EVENTS, **single.headers}):
            sent = asyncio.create_task(single.send("subscription { forever }"))
            await context.until_begun(1)
        for _ in range(100):
            if (await client.delete("/", params={"operationId": "x"}, headers=single.headers)).status_code == 404:
                break
            await asyncio.sleep(0.02)
        context.may_end.set()
        assert (await sent).status_code == 404
        await asyncio.sleep(0.05)
    assert log == []


@pytest.mark.anyio
async def test_what_rejects_operations_rejects_streams_for_them(schema: strawberry.Schema) -> None:
    def context(context: GraphQLContext) -> GraphQLContext:
        raise HTTPException(401)

    async with AsyncTestClient(lint(GraphQL(schema, single_connection=True, context=context))) as client:
        assert (await client.put("/")).status_code == 401
        assert (await client.patch("/")).headers["allow"] == "GET, POST, PUT, DELETE"
