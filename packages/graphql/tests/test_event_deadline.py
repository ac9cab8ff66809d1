"""The time limit on events of a subscription and on parts that follow a result, over each transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import strawberry

from asterism.graphql import GraphQL, GraphQLLimits
from asterism.testing import TestClient

LIMITS = GraphQLLimits(execution_timeout=0.1)
SLOW = "subscription { readings(pauses: [0, 0.15], seconds: [0, 30]) { value } }"
PATIENT = "subscription { readings(pauses: [0.15, 0.15], seconds: [0, 0.02]) { value } }"
LATE = {"message": "The operation was stopped after 0.1 seconds.", "extensions": {"code": "EXECUTION_TIMEOUT"}}
EVENTS = {"accept": "text/event-stream"}

Serve = Callable[..., TestClient]
Events = Callable[[str], list[tuple[str, Any]]]


def result(number: int) -> dict[str, Any]:
    return {"data": {"readings": {"value": number}}}


@pytest.fixture
def events() -> Events:
    import json

    def read(text: str) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for block in text.strip().split("\n\n"):
            fields = dict(
                line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in block.splitlines()
            )
            if "event" in fields:
                found.append((fields["event"], json.loads(fields["data"]) if fields.get("data") else None))
        return found

    return read


@pytest.mark.parametrize("protocol", ["graphql-transport-ws", "graphql-ws"])
def test_a_slow_event_ends_its_subscription_on_a_websocket_and_no_other(
    serve: Serve, log: list[str], protocol: str
) -> None:
    legacy = protocol == "graphql-ws"
    start, following = ("start", "data") if legacy else ("subscribe", "next")
    client = serve(limits=LIMITS, legacy_websocket=True)
    with client.websocket_connect("/", subprotocols=[protocol]) as session:
        session.send_json({"type": "connection_init"})
        assert session.receive_json()["type"] == "connection_ack"
        if legacy:
            assert session.receive_json() == {"type": "ka"}
        session.send_json({"id": "slow", "type": start, "payload": {"query": SLOW}})
        assert session.receive_json() == {"id": "slow", "type": following, "payload": result(0)}
        assert session.receive_json() == {"id": "slow", "type": "error", "payload": LATE if legacy else [LATE]}
        assert log == ["readings end"]
        session.send_json({"id": "slow", "type": start, "payload": {"query": "{ hello }"}})
        assert session.receive_json()["payload"] == {"data": {"hello": "hello world"}}


def test_waiting_for_events_is_not_counted(serve: Serve, events: Events) -> None:
    response = serve(limits=LIMITS).post("/", json={"query": PATIENT}, headers=EVENTS)
    assert events(response.text) == [("next", result(0)), ("next", result(1)), ("complete", None)]


def test_a_slow_event_ends_an_event_stream(serve: Serve, events: Events, log: list[str]) -> None:
    response = serve(limits=LIMITS).post("/", json={"query": SLOW}, headers=EVENTS)
    assert events(response.text) == [("next", result(0)), ("next", {"errors": [LATE]}), ("complete", None)]
    assert log == ["readings end"]


def test_a_slow_event_ends_a_stream_of_parts(serve: Serve) -> None:
    accept = {"accept": "multipart/mixed;subscriptionSpec=1.0, application/json"}
    response = serve(limits=LIMITS).post("/", json={"query": SLOW}, headers=accept)
    assert response.text.count("EXECUTION_TIMEOUT") == 1
    assert response.text.endswith("--graphql--\r\n")


def test_a_slow_event_ends_its_operation_on_a_shared_event_stream(
    schema: strawberry.Schema, events: Events, log: list[str]
) -> None:
    with TestClient(GraphQL(schema, limits=LIMITS, single_connection=True)) as client:
        token = {"x-graphql-event-stream-token": client.put("/").text}
        with client.stream("GET", "/", headers={**token, **EVENTS}) as stream:
            sent = {"query": SLOW, "extensions": {"operationId": "slow"}}
            assert client.post("/", json=sent, headers=token).status_code == 202
            text = ""
            for piece in stream.iter_text():
                text += piece
                if "complete" in text:
                    break
    assert events(text) == [
        ("next", {"id": "slow", "payload": result(0)}),
        ("next", {"id": "slow", "payload": {"errors": [LATE]}}),
        ("complete", {"id": "slow"}),
    ]
    assert log == ["readings end"]


def test_a_subscription_that_does_not_begin_is_stopped(serve: Serve, events: Events) -> None:
    response = serve(limits=LIMITS).post("/", json={"query": "subscription { guarded }"}, headers=EVENTS)
    assert events(response.text) == [("next", {"errors": [LATE]}), ("complete", None)]


def test_no_limit_lets_events_take_their_time(serve: Serve, events: Events) -> None:
    query = "subscription { readings(pauses: [0], seconds: [0.15]) { value } }"
    response = serve(limits=GraphQLLimits(execution_timeout=None)).post("/", json={"query": query}, headers=EVENTS)
    assert events(response.text) == [("next", result(0)), ("complete", None)]


def test_a_deferred_part_that_is_late_ends_the_delivery_with_an_error(
    serve: Serve, events: Events, incremental_schema: strawberry.Schema
) -> None:
    query = "{ hello ... @defer { slow(seconds: 30) } }"
    response = serve(incremental_schema, limits=LIMITS).post("/", json={"query": query}, headers=EVENTS)
    (_, first), (_, last), (end, _) = events(response.text)
    assert (first["data"], first["hasNext"], end) == ({"hello": "hello world"}, True, "complete")
    assert last == {"hasNext": False, "completed": [{"id": "0", "errors": [LATE]}]}


def test_a_source_that_times_out_by_itself_is_an_error_of_its_own(serve: Serve, events: Events) -> None:
    response = serve(limits=LIMITS).post("/", json={"query": "subscription { impatient }"}, headers=EVENTS)
    (kind, value), *_ = events(response.text)
    assert (kind, value["errors"][0]["message"]) == ("next", "Unexpected error.")
    assert "EXECUTION_TIMEOUT" not in response.text
