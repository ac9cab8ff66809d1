"""graphql-transport-ws and the older graphql-ws, message by message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.graphql import ConnectionRejected, GraphQL, GraphQLContext, GraphQLLimits
from armillary.lint import lint
from armillary.testing import TestClient, WebSocketClosed, WebSocketRejected
from armillary.websockets import WebSocket

Connect = Callable[..., Any]


@pytest.fixture
def connect(serve: Callable[..., TestClient]) -> Connect:
    """`with connect(**options) as websocket` opens a WebSocket; with `init`, an acknowledged one."""

    @contextmanager
    def connect(
        *, init: bool = True, protocol: str = "graphql-transport-ws", headers: Any = None, **options: Any
    ) -> Iterator[Any]:
        client = serve(**options)
        with client.websocket_connect("/", subprotocols=[protocol], headers=headers or {}) as websocket:
            if init:
                websocket.send_json({"type": "connection_init"})
                assert websocket.receive_json() == {"type": "connection_ack"}
            yield websocket

    return connect


def subscribe(websocket: Any, query: str, operation_id: str = "1", **payload: Any) -> None:
    websocket.send_json({"id": operation_id, "type": "subscribe", "payload": {"query": query, **payload}})


def closed(websocket: Any) -> tuple[int, str]:
    with pytest.raises(WebSocketClosed) as caught:
        websocket.receive_json()
    return caught.value.code, caught.value.reason


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 seconds"
        time.sleep(0.01)


def test_a_subscription_gives_its_results_and_completes(connect: Connect) -> None:
    with connect() as websocket:
        assert websocket.accepted_subprotocol == "graphql-transport-ws"
        subscribe(websocket, "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert [websocket.receive_json() for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "complete"},
        ]


def test_queries_and_mutations_run_too(connect: Connect) -> None:
    with connect() as websocket:
        for query in ("{ hello }", 'mutation { record(text: "x") }'):
            subscribe(websocket, query)
            assert websocket.receive_json()["type"] == "next"
            assert websocket.receive_json() == {"id": "1", "type": "complete"}


def test_an_operation_that_cannot_run_is_an_error_and_frees_its_id(connect: Connect) -> None:
    with connect() as websocket:
        for query in ("{ nothing }", "{", "query ($n: String!) { hello(name: $n) }", ""):
            subscribe(websocket, query)
            message = websocket.receive_json()
            assert message["type"] == "error"
            assert message["payload"][0]["message"]
        subscribe(websocket, "{ hello }")
        assert websocket.receive_json()["type"] == "next"


def test_an_exception_in_a_subscription_is_masked_and_ends_it(connect: Connect) -> None:
    with connect() as websocket:
        subscribe(websocket, "subscription { broken }")
        assert websocket.receive_json()["payload"] == {"data": {"broken": 1}}
        message = websocket.receive_json()
        assert "secret" not in str(message)
        assert "Unexpected error." in str(message)


def test_operations_run_side_by_side_and_stop_one_by_one(connect: Connect, log: list[str]) -> None:
    with connect() as websocket:
        subscribe(websocket, "subscription { forever }", "a")
        assert websocket.receive_json()["id"] == "a"
        subscribe(websocket, "subscription { forever }", "b")
        assert websocket.receive_json()["id"] == "b"
        websocket.send_json({"id": "a", "type": "complete"})
        until(lambda: log.count("forever ends") == 1)
        subscribe(websocket, "{ hello }", "a")
        assert websocket.receive_json()["id"] == "a"
    until(lambda: log.count("forever ends") == 2)


def test_a_disconnected_client_stops_what_it_ran(connect: Connect, log: list[str]) -> None:
    with connect() as websocket:
        subscribe(websocket, "subscription { forever }")
        websocket.receive_json()
        websocket.disconnect()
        until(lambda: "forever ends" in log)


def test_pings_get_a_pong_before_and_after_the_acknowledgement(connect: Connect) -> None:
    with connect(init=False) as websocket:
        websocket.send_json({"type": "ping", "payload": {"n": 1}})
        assert websocket.receive_json() == {"type": "pong", "payload": {"n": 1}}
        websocket.send_json({"type": "connection_init"})
        assert websocket.receive_json() == {"type": "connection_ack"}
        websocket.send_json({"type": "pong"})
        websocket.send_json({"type": "ping"})
        assert websocket.receive_json() == {"type": "pong"}


def test_an_operation_before_the_acknowledgement_closes_with_4401(connect: Connect, log: list[str]) -> None:
    with connect(init=False) as websocket:
        subscribe(websocket, "subscription { forever }")
        assert closed(websocket) == (4401, "Unauthorized")
    assert log == []


def test_a_second_init_closes_with_4429(connect: Connect) -> None:
    with connect() as websocket:
        websocket.send_json({"type": "connection_init"})
        assert closed(websocket) == (4429, "Too many initialisation requests")


def test_a_late_init_closes_with_4408(connect: Connect) -> None:
    with connect(init=False, limits=GraphQLLimits(connection_init_timeout=0.05)) as websocket:
        assert closed(websocket) == (4408, "Connection initialisation timeout")


def test_an_id_in_use_closes_with_4409(connect: Connect) -> None:
    with connect() as websocket:
        subscribe(websocket, "subscription { forever }")
        websocket.receive_json()
        subscribe(websocket, "subscription { forever }")
        assert closed(websocket) == (4409, "Subscriber for that id already exists")


@pytest.mark.parametrize(
    "message",
    [
        "not JSON",
        "[]",
        "{}",
        '{"type": 1}',
        '{"type": "unknown"}',
        '{"type": "subscribe", "payload": {"query": "{ hello }"}}',
        '{"id": "", "type": "subscribe", "payload": {"query": "{ hello }"}}',
        '{"id": 1, "type": "subscribe", "payload": {"query": "{ hello }"}}',
        '{"id": "1", "type": "subscribe"}',
        '{"id": "1", "type": "subscribe", "payload": {"query": 1}}',
        '{"type": "complete"}',
        '{"type": "ping", "payload": 1}',
        "[" * 100_000,
    ],
)
def test_a_malformed_message_closes_with_4400(connect: Connect, message: str) -> None:
    with connect() as websocket:
        websocket.send_text(message)
        assert closed(websocket)[0] == 4400


def test_a_binary_message_closes_with_4400(connect: Connect) -> None:
    with connect() as websocket:
        websocket.send_bytes(b"{}")
        assert closed(websocket) == (4400, "Messages must be text")


@pytest.mark.parametrize("protocol", ["unknown", "graphql-ws"])
def test_an_unsupported_subprotocol_closes_with_4406(connect: Connect, protocol: str) -> None:
    with connect(init=False, protocol=protocol) as websocket:
        assert closed(websocket) == (4406, "Subprotocol not acceptable")


def test_one_operation_too_many_is_an_error_and_the_others_go_on(connect: Connect) -> None:
    with connect(limits=GraphQLLimits(max_subscriptions=2)) as websocket:
        for operation_id in "ab":
            subscribe(websocket, "subscription { forever }", operation_id)
            websocket.receive_json()
        subscribe(websocket, "subscription { forever }", "c")
        message = websocket.receive_json()
        assert (message["id"], message["type"]) == ("c", "error")
        assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS"}
        websocket.send_json({"id": "a", "type": "complete"})
        subscribe(websocket, "{ hello }", "d")
        assert websocket.receive_json()["id"] == "d"


def test_limits_on_documents_hold_here_too(connect: Connect) -> None:
    with connect(limits=GraphQLLimits(max_depth=2)) as websocket:
        subscribe(websocket, "{ node { child { name } } }")
        assert "levels deep" in websocket.receive_json()["payload"][0]["message"]


def test_pages_of_other_origins_are_rejected(connect: Connect) -> None:
    with pytest.raises(WebSocketClosed):
        with connect(headers={"origin": "https://evil.test"}):
            pass
    with connect(headers={"origin": "http://testserver"}):
        pass
    with connect(headers={"origin": "https://app.test"}, allow_origins=["https://app.test"]):
        pass


def test_the_handshake_is_decided_by_on_connect(serve: Callable[..., TestClient]) -> None:
    async def on_connect(context: GraphQLContext) -> dict[str, Any] | bool | None:
        params = context.connection_params or {}
        if "error" in params:
            raise ConnectionRejected
        return {"user": "ada"} if params.get("token") == "right" else False

    client = serve(on_connect=on_connect)
    for params, expected in (
        ({"token": "right"}, None),
        ({"token": "wrong"}, 4403),
        ({"error": 1}, 4403),
        (None, 4403),
    ):
        with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as websocket:
            websocket.send_json({"type": "connection_init", "payload": params})
            if expected is None:
                assert websocket.receive_json() == {"type": "connection_ack", "payload": {"user": "ada"}}
                subscribe(websocket, "subscription { params }")
                assert websocket.receive_json()["payload"] == {"data": {"params": "{'token': 'right'}"}}
            else:
                assert closed(websocket) == (expected, "Forbidden")


def test_an_on_connect_over_its_time_is_stopped_and_closes_with_4408(connect: Connect, log: list[str]) -> None:
    async def on_connect(context: GraphQLContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.append("stopped")

    limits = GraphQLLimits(execution_timeout=0.05)
    with connect(init=False, on_connect=on_connect, limits=limits) as websocket:
        websocket.send_json({"type": "connection_init"})
        assert closed(websocket) == (4408, "Connection initialisation timeout")
    assert log == ["stopped"]


def test_a_time_out_of_on_connect_itself_is_its_failure(connect: Connect) -> None:
    async def on_connect(context: GraphQLContext) -> None:
        raise TimeoutError("the database")

    with pytest.raises(TimeoutError, match="the database"):
        with connect(init=False, on_connect=on_connect) as websocket:
            websocket.send_json({"type": "connection_init"})
            closed(websocket)


def test_a_failing_context_is_a_masked_error(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    def context(context: GraphQLContext) -> GraphQLContext:
        raise KeyError("the secret")

    with connect(context=context) as websocket:
        subscribe(websocket, "{ hello }")
        assert websocket.receive_json()["payload"] == [{"message": "Unexpected error."}]
    assert "the secret" in caplog.text


def test_the_older_protocol_is_supported_when_enabled(connect: Connect, log: list[str]) -> None:
    with connect(protocol="graphql-ws", legacy_websocket=True) as websocket:
        assert websocket.receive_json() == {"type": "ka"}
        websocket.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { count(to: 1) }"}})
        assert websocket.receive_json() == {"id": "1", "type": "data", "payload": {"data": {"count": 0}}}
        assert websocket.receive_json() == {"id": "1", "type": "complete"}
        websocket.send_json({"id": "2", "type": "start", "payload": {"query": "{ nothing }"}})
        message = websocket.receive_json()
        assert message["type"] == "error"
        assert "nothing" in message["payload"]["message"]
        websocket.send_json({"id": "3", "type": "start", "payload": {"query": "subscription { forever }"}})
        websocket.receive_json()
        websocket.send_json({"id": "3", "type": "stop"})
        until(lambda: "forever ends" in log)
        websocket.send_json({"type": "connection_terminate"})
        assert closed(websocket)[0] == 1000


def test_keep_alives_of_the_older_protocol_go_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    monkeypatch.setattr("armillary.graphql.websocket._legacy.KEEP_ALIVE_SECONDS", 0.02)
    with connect(protocol="graphql-ws", legacy_websocket=True) as websocket:
        assert [websocket.receive_json() for _ in range(3)] == [{"type": "ka"}] * 3
        websocket.send_json({"type": "connection_terminate"})
        with pytest.raises(WebSocketClosed) as caught:
            while websocket.receive_json() == {"type": "ka"}:
                pass
        assert caught.value.code == 1000


def test_the_older_protocol_rejects_operations_before_its_init_too(connect: Connect, log: list[str]) -> None:
    """CVE-2026-35523 and CVE-2026-35526 in Strawberry: operations before the init, and any number of them."""
    with connect(init=False, protocol="graphql-ws", legacy_websocket=True) as websocket:
        websocket.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { forever }"}})
        assert closed(websocket) == (4401, "Unauthorized")
    assert log == []


def test_an_id_used_again_in_the_older_protocol_replaces_the_operation(connect: Connect, log: list[str]) -> None:
    with connect(protocol="graphql-ws", legacy_websocket=True) as websocket:
        assert websocket.receive_json() == {"type": "ka"}
        for _ in range(2):
            websocket.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { forever }"}})
            assert websocket.receive_json()["payload"] == {"data": {"forever": "running"}}
        until(lambda: log.count("forever ends") == 1)


REJECTIONS: list[tuple[Exception, int, str]] = [
    (HTTPException(401, "Log in first."), 4401, "Log in first."),
    (HTTPException(403, "Not yours."), 4403, "Not yours."),
    (HTTPException(403, {"missing": "scope"}), 4403, "Forbidden"),
    (HTTPException(429, "Slow down."), 1008, "Slow down."),
    (HTTPException(503, "Too busy."), 1011, "Too busy."),
    (WebSocketException(4000, "By its own code."), 4000, "By its own code."),
]


@pytest.mark.parametrize("maker", ["context", "root_value"])
@pytest.mark.parametrize(("error", "code", "reason"), REJECTIONS, ids=[reason for _, _, reason in REJECTIONS])
def test_an_http_exception_of_the_context_closes_with_the_code_that_stands_for_it(
    connect: Connect, log: list[str], maker: str, error: Exception, code: int, reason: str
) -> None:
    calls: list[GraphQLContext] = []

    async def make(context: GraphQLContext) -> GraphQLContext:
        calls.append(context)
        if len(calls) == 1:
            return context
        await asyncio.sleep(0)
        raise error

    with connect(**{maker: make}) as websocket:
        subscribe(websocket, "subscription { forever }", "a")
        assert websocket.receive_json()["id"] == "a"
        subscribe(websocket, "subscription { forever }", "b")
        assert closed(websocket) == (code, reason)
        until(lambda: "forever ends" in log)
    assert log == ["forever begins", "forever ends"]


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
@pytest.mark.parametrize(("error", "code", "reason"), REJECTIONS, ids=[reason for _, _, reason in REJECTIONS])
def test_an_http_exception_of_on_connect_closes_with_the_code_that_stands_for_it(
    connect: Connect, error: Exception, code: int, reason: str, protocol: str
) -> None:
    async def on_connect(context: GraphQLContext) -> None:
        raise error

    with connect(init=False, protocol=protocol, on_connect=on_connect, legacy_websocket=True) as websocket:
        websocket.send_json({"type": "connection_init"})
        if protocol == "graphql-ws" and code in (4401, 4403):
            assert websocket.receive_json() == {"type": "connection_error", "payload": {"message": reason}}
        assert closed(websocket) == (code, reason)


def test_an_http_exception_before_the_handshake_is_accepted_rejects_it_with_its_status(
    schema: strawberry.Schema,
) -> None:
    class Private(GraphQL):
        async def serve_websocket(self, websocket: WebSocket[Any]) -> None:
            if websocket.cookies.get("user") is None:
                raise HTTPException(401, "Log in first.")
            await super().serve_websocket(websocket)

    client = TestClient(lint(Private(schema)))
    with pytest.raises(WebSocketRejected) as caught:
        with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]):
            pass
    assert caught.value.response.status_code == 401
    with client.websocket_connect("/", subprotocols=["graphql-transport-ws"], headers={"cookie": "user=ada"}):
        pass


def test_hooks_of_extensions_end_by_themselves_after_a_failed_subscription(
    connect: Connect, schema: strawberry.Schema
) -> None:
    ended: list[str] = []

    class Watching(SchemaExtension):
        def on_operation(self) -> Iterator[None]:
            yield
            ended.append("operation")

        async def on_validate(self) -> AsyncGenerator[None]:
            yield
            ended.append("validate")

        def on_stream_result(self, result: Any) -> Iterator[None]:
            yield
            ended.append("result")

    watched = strawberry.Schema(schema.query, subscription=schema.subscription, extensions=[Watching])
    with connect(used=watched) as websocket:
        subscribe(websocket, "subscription { nothing }")
        assert websocket.receive_json()["type"] == "error"
        until(lambda: "operation" in ended)
        assert ended == ["validate", "result", "operation"]
        subscribe(websocket, "{ hello }")
        assert websocket.receive_json()["payload"] == {"data": {"hello": "hello world"}}
