"""graphql-transport-ws and the older graphql-ws, message by message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from armillary.graphql import ConnectionRejected, GraphQLContext, GraphQLLimits
from armillary.testing import TestClient, WebSocketClosed

Connect = Callable[..., Any]


@pytest.fixture
def connect(serve: Callable[..., TestClient]) -> Connect:
    """`with connect(**options) as session` opens a WebSocket; with `init`, one that is acknowledged."""

    @contextmanager
    def connect(
        *, init: bool = True, protocol: str = "graphql-transport-ws", headers: Any = None, **options: Any
    ) -> Iterator[Any]:
        client = serve(**options)
        with client.websocket_connect("/", subprotocols=[protocol], headers=headers or {}) as session:
            if init:
                session.send_json({"type": "connection_init"})
                assert session.receive_json() == {"type": "connection_ack"}
            yield session

    return connect


def subscribe(session: Any, query: str, operation_id: str = "1", **payload: Any) -> None:
    session.send_json({"id": operation_id, "type": "subscribe", "payload": {"query": query, **payload}})


def closed(session: Any) -> tuple[int, str]:
    with pytest.raises(WebSocketClosed) as caught:
        session.receive_json()
    return caught.value.code, caught.value.reason


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 5 seconds"
        time.sleep(0.01)


def test_a_subscription_gives_its_results_and_completes(connect: Connect) -> None:
    with connect() as session:
        assert session.accepted_subprotocol == "graphql-transport-ws"
        subscribe(session, "subscription ($to: Int!) { count(to: $to) }", variables={"to": 2})
        assert [session.receive_json() for _ in range(3)] == [
            {"id": "1", "type": "next", "payload": {"data": {"count": 0}}},
            {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
            {"id": "1", "type": "complete"},
        ]


def test_queries_and_mutations_run_too(connect: Connect) -> None:
    with connect() as session:
        for query in ("{ hello }", 'mutation { note(text: "x") }'):
            subscribe(session, query)
            assert session.receive_json()["type"] == "next"
            assert session.receive_json() == {"id": "1", "type": "complete"}


def test_an_operation_that_cannot_run_is_an_error_and_frees_its_id(connect: Connect) -> None:
    with connect() as session:
        for query in ("{ nothing }", "{", "query ($n: String!) { hello(name: $n) }", ""):
            subscribe(session, query)
            answer = session.receive_json()
            assert answer["type"] == "error"
            assert answer["payload"][0]["message"]
        subscribe(session, "{ hello }")
        assert session.receive_json()["type"] == "next"


def test_an_exception_in_a_subscription_is_masked_and_ends_it(connect: Connect) -> None:
    with connect() as session:
        subscribe(session, "subscription { broken }")
        assert session.receive_json()["payload"] == {"data": {"broken": 1}}
        answer = session.receive_json()
        assert "secret" not in str(answer)
        assert "Unexpected error." in str(answer)


def test_operations_run_side_by_side_and_stop_one_by_one(connect: Connect, log: list[str]) -> None:
    with connect() as session:
        subscribe(session, "subscription { forever }", "a")
        assert session.receive_json()["id"] == "a"
        subscribe(session, "subscription { forever }", "b")
        assert session.receive_json()["id"] == "b"
        session.send_json({"id": "a", "type": "complete"})
        until(lambda: log.count("forever ends") == 1)
        subscribe(session, "{ hello }", "a")
        assert session.receive_json()["id"] == "a"
    until(lambda: log.count("forever ends") == 2)


def test_a_vanished_client_stops_what_it_ran(connect: Connect, log: list[str]) -> None:
    with connect() as session:
        subscribe(session, "subscription { forever }")
        session.receive_json()
        session.disconnect()
        until(lambda: "forever ends" in log)


def test_pings_are_answered_before_and_after_the_acknowledgement(connect: Connect) -> None:
    with connect(init=False) as session:
        session.send_json({"type": "ping", "payload": {"n": 1}})
        assert session.receive_json() == {"type": "pong", "payload": {"n": 1}}
        session.send_json({"type": "connection_init"})
        assert session.receive_json() == {"type": "connection_ack"}
        session.send_json({"type": "pong"})
        session.send_json({"type": "ping"})
        assert session.receive_json() == {"type": "pong"}


def test_an_operation_before_the_acknowledgement_closes_with_4401(connect: Connect, log: list[str]) -> None:
    with connect(init=False) as session:
        subscribe(session, "subscription { forever }")
        assert closed(session) == (4401, "Unauthorized")
    assert log == []


def test_a_second_init_closes_with_4429(connect: Connect) -> None:
    with connect() as session:
        session.send_json({"type": "connection_init"})
        assert closed(session) == (4429, "Too many initialisation requests")


def test_a_late_init_closes_with_4408(connect: Connect) -> None:
    with connect(init=False, limits=GraphQLLimits(connection_init_timeout=0.05)) as session:
        assert closed(session) == (4408, "Connection initialisation timeout")


def test_an_id_in_use_closes_with_4409(connect: Connect) -> None:
    with connect() as session:
        subscribe(session, "subscription { forever }")
        session.receive_json()
        subscribe(session, "subscription { forever }")
        assert closed(session) == (4409, "Subscriber for that id already exists")


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
    with connect() as session:
        session.send_text(message)
        assert closed(session)[0] == 4400


def test_a_binary_message_closes_with_4400(connect: Connect) -> None:
    with connect() as session:
        session.send_bytes(b"{}")
        assert closed(session) == (4400, "Messages are sent as text")


@pytest.mark.parametrize("protocol", ["unknown", "graphql-ws"])
def test_a_subprotocol_we_do_not_speak_closes_with_4406(connect: Connect, protocol: str) -> None:
    with connect(init=False, protocol=protocol) as session:
        assert closed(session) == (4406, "Subprotocol not acceptable")


def test_one_operation_too_many_is_an_error_and_the_others_go_on(connect: Connect) -> None:
    with connect(limits=GraphQLLimits(max_subscriptions=2)) as session:
        for operation_id in "ab":
            subscribe(session, "subscription { forever }", operation_id)
            session.receive_json()
        subscribe(session, "subscription { forever }", "c")
        answer = session.receive_json()
        assert (answer["id"], answer["type"]) == ("c", "error")
        assert answer["payload"][0]["extensions"] == {"code": "TOO_MANY_SUBSCRIPTIONS"}
        session.send_json({"id": "a", "type": "complete"})
        subscribe(session, "{ hello }", "d")
        assert session.receive_json()["id"] == "d"


def test_limits_on_documents_hold_here_too(connect: Connect) -> None:
    with connect(limits=GraphQLLimits(max_depth=2)) as session:
        subscribe(session, "{ node { child { name } } }")
        assert "levels deep" in session.receive_json()["payload"][0]["message"]


def test_pages_of_other_origins_are_refused(connect: Connect) -> None:
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
        with client.websocket_connect("/", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json({"type": "connection_init", "payload": params})
            if expected is None:
                assert session.receive_json() == {"type": "connection_ack", "payload": {"user": "ada"}}
                subscribe(session, "subscription { params }")
                assert session.receive_json()["payload"] == {"data": {"params": "{'token': 'right'}"}}
            else:
                assert closed(session) == (expected, "Forbidden")


def test_an_on_connect_over_its_time_is_stopped_and_closes_with_4408(connect: Connect, log: list[str]) -> None:
    async def on_connect(context: GraphQLContext) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            log.append("stopped")

    limits = GraphQLLimits(execution_timeout=0.05)
    with connect(init=False, on_connect=on_connect, limits=limits) as session:
        session.send_json({"type": "connection_init"})
        assert closed(session) == (4408, "Connection initialisation timeout")
    assert log == ["stopped"]


def test_a_time_out_of_on_connect_itself_is_its_failure(connect: Connect) -> None:
    async def on_connect(context: GraphQLContext) -> None:
        raise TimeoutError("the database")

    with pytest.raises(TimeoutError, match="the database"):
        with connect(init=False, on_connect=on_connect) as session:
            session.send_json({"type": "connection_init"})
            closed(session)


def test_a_failing_context_is_an_error_that_tells_nothing(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    def context(context: GraphQLContext) -> GraphQLContext:
        raise KeyError("the secret")

    with connect(context=context) as session:
        subscribe(session, "{ hello }")
        assert session.receive_json()["payload"] == [{"message": "Unexpected error."}]
    assert "the secret" in caplog.text


def test_the_older_protocol_is_spoken_where_asked_for(connect: Connect, log: list[str]) -> None:
    with connect(protocol="graphql-ws", legacy_websocket=True) as session:
        assert session.receive_json() == {"type": "ka"}
        session.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { count(to: 1) }"}})
        assert session.receive_json() == {"id": "1", "type": "data", "payload": {"data": {"count": 0}}}
        assert session.receive_json() == {"id": "1", "type": "complete"}
        session.send_json({"id": "2", "type": "start", "payload": {"query": "{ nothing }"}})
        answer = session.receive_json()
        assert answer["type"] == "error"
        assert "nothing" in answer["payload"]["message"]
        session.send_json({"id": "3", "type": "start", "payload": {"query": "subscription { forever }"}})
        session.receive_json()
        session.send_json({"id": "3", "type": "stop"})
        until(lambda: "forever ends" in log)
        session.send_json({"type": "connection_terminate"})
        assert closed(session)[0] == 1000


def test_keep_alives_of_the_older_protocol_go_on(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, log: list[str]
) -> None:
    monkeypatch.setattr("armillary.graphql._legacy_session.KEEP_ALIVE_SECONDS", 0.02)
    with connect(protocol="graphql-ws", legacy_websocket=True) as session:
        assert [session.receive_json() for _ in range(3)] == [{"type": "ka"}] * 3
        session.send_json({"type": "connection_terminate"})
        with pytest.raises(WebSocketClosed) as caught:
            while session.receive_json() == {"type": "ka"}:
                pass
        assert caught.value.code == 1000


def test_the_older_protocol_refuses_what_comes_before_its_init_too(connect: Connect, log: list[str]) -> None:
    """CVE-2026-35523 and CVE-2026-35526 in Strawberry: operations before the init, and any number of them."""
    with connect(init=False, protocol="graphql-ws", legacy_websocket=True) as session:
        session.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { forever }"}})
        assert closed(session) == (4401, "Unauthorized")
    assert log == []


def test_an_id_used_again_in_the_older_protocol_stands_for_the_new_operation(connect: Connect, log: list[str]) -> None:
    with connect(protocol="graphql-ws", legacy_websocket=True) as session:
        assert session.receive_json() == {"type": "ka"}
        for _ in range(2):
            session.send_json({"id": "1", "type": "start", "payload": {"query": "subscription { forever }"}})
            assert session.receive_json()["payload"] == {"data": {"forever": "running"}}
        until(lambda: log.count("forever ends") == 1)
