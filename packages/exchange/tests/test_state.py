from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.exchange import (
    HTTP_TRANSITIONS,
    WEBSOCKET_TRANSITIONS,
    HTTPExchange,
    WebSocketExchange,
    exchange_of,
    has_response_started,
    is_websocket_open,
    record_response_start,
    track,
)

START = {"type": "http.response.start", "status": 200}
PART = {"type": "http.response.body", "body": b"x", "more_body": True}
LAST = {"type": "http.response.body", "body": b""}
TRAILERS = {"type": "http.response.trailers", "headers": []}


@pytest.mark.parametrize(
    ("messages", "state"),
    [
        ([], "idle"),
        ([START], "body"),
        ([START, PART], "body"),
        ([START, PART, LAST], "ended"),
        ([START | {"trailers": True}, LAST], "trailers"),
        ([START | {"trailers": True}, LAST, TRAILERS | {"more_trailers": True}], "trailers"),
        ([START | {"trailers": True}, LAST, TRAILERS], "ended"),
        ([START, {"type": "http.response.pathsend", "path": "/x"}], "ended"),
        ([START, {"type": "http.response.zerocopysend", "file": 3, "more_body": True}], "body"),
        ([START, {"type": "http.response.zerocopysend", "file": 3}], "ended"),
        ([{"type": "http.response.early_hint", "links": []}], "idle"),
        ([LAST], "idle"),
        ([START, LAST, START], "ended"),
    ],
)
def test_an_http_exchange_is_in_the_state_its_messages_lead_to(messages: list[Any], state: str) -> None:
    exchange = HTTPExchange()
    for message in messages:
        exchange.feed(message)
    assert exchange.state == state
    assert exchange.started is (state != "idle")
    assert exchange.ended is (state == "ended")
    assert exchange.status == (200 if exchange.started else None)


ACCEPT = {"type": "websocket.accept"}
SEND = {"type": "websocket.send", "text": "x"}
CLOSE = {"type": "websocket.close", "code": 4000}
REJECTION_START = {"type": "websocket.http.response.start", "status": 401, "headers": []}
REJECTION_BODY = {"type": "websocket.http.response.body", "body": b""}


@pytest.mark.parametrize(
    ("messages", "state", "status", "code"),
    [
        ([], "connecting", None, None),
        ([ACCEPT], "open", 101, None),
        ([ACCEPT, SEND], "open", 101, None),
        ([ACCEPT, CLOSE], "closed", 101, 4000),
        ([ACCEPT, {"type": "websocket.close"}], "closed", 101, 1000),
        ([CLOSE], "rejected", 403, None),
        ([REJECTION_START], "rejecting", 401, None),
        ([REJECTION_START, REJECTION_BODY | {"more_body": True}], "rejecting", 401, None),
        ([REJECTION_START, REJECTION_BODY], "rejected", 401, None),
        ([ACCEPT, CLOSE, SEND], "closed", 101, 4000),
        ([CLOSE, ACCEPT], "rejected", 403, None),
    ],
)
def test_a_websocket_is_in_the_state_its_messages_lead_to(
    messages: list[Any], state: str, status: int | None, code: int | None
) -> None:
    exchange = WebSocketExchange()
    for message in messages:
        exchange.feed(message)
    assert (exchange.state, exchange.status, exchange.close_code) == (state, status, code)
    assert exchange.started is (state != "connecting")
    assert exchange.open is (state == "open")
    assert exchange.ended is (state in ("closed", "rejected"))


@pytest.mark.anyio
async def test_a_websocket_is_closed_by_the_disconnect_of_its_peer() -> None:
    async def receive() -> Any:
        return {"type": "websocket.disconnect", "code": 4005}

    exchange = WebSocketExchange(receive=receive)
    exchange.feed(ACCEPT)
    await exchange.receive()
    assert (exchange.state, exchange.close_code, exchange.open) == ("closed", 4005, False)


@pytest.mark.anyio
async def test_the_code_of_who_closed_first_stays() -> None:
    async def receive() -> Any:
        return {"type": "websocket.disconnect", "code": 1006}

    exchange = WebSocketExchange(receive=receive)
    for message in (ACCEPT, CLOSE):
        exchange.feed(message)
    await exchange.receive()
    assert exchange.close_code == 4000


@given(st.lists(st.sampled_from(["start", "part", "last", "trailers", "other"]), max_size=8), st.booleans())
def test_no_order_of_messages_raises_or_ends_a_response_that_has_not_started(names: list[str], trailers: bool) -> None:
    known: dict[str, Any] = {
        "start": START | {"trailers": trailers},
        "part": PART,
        "last": LAST,
        "trailers": TRAILERS,
        "other": {"type": "http.response.debug", "info": {}},
    }
    exchange = HTTPExchange()
    seen_start = False
    for name in names:
        was_ended = exchange.ended
        exchange.feed(known[name])
        seen_start = seen_start or name == "start"
        assert exchange.started is seen_start
        assert not exchange.ended or exchange.started
        assert exchange.ended or not was_ended


def test_every_state_has_a_row_and_every_row_leads_to_a_state() -> None:
    for table in (HTTP_TRANSITIONS, WEBSOCKET_TRANSITIONS):
        for row in table.values():
            assert set(row.values()) <= set(table)


@pytest.mark.anyio
async def test_a_tracked_send_passes_messages_on_unchanged(channel: Any) -> None:
    send = track({"type": "http"}, channel)
    message = dict(START)
    await send(message)
    assert channel.messages[0] is message
    exchange = exchange_of(send)
    assert exchange is not None
    assert exchange.started
    assert has_response_started({"type": "http"}, send)
    assert exchange_of(channel) is None


@pytest.mark.anyio
async def test_a_start_counts_although_the_server_raises() -> None:
    async def broken(message: Any) -> None:
        raise OSError

    send = track({"type": "http"}, broken)
    with pytest.raises(OSError):
        await send(START)
    assert has_response_started({"type": "http"}, send)


@pytest.mark.anyio
async def test_a_start_inside_a_layer_is_none_outside_of_it(channel: Any) -> None:
    scope = {"type": "http"}
    outer = track(scope, channel)

    async def withhold(message: Any) -> None:
        pass

    inner = track(scope, withhold)
    await inner(START)
    assert has_response_started(scope, inner)
    assert not has_response_started(scope, outer)


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_layers_with_nothing_between_them_share_a_tracker(channel: Any, kind: str) -> None:
    scope = {"type": kind}
    outer = track(scope, channel)
    assert track(scope, outer) is outer


@pytest.mark.anyio
async def test_a_layer_that_begins_after_the_start_has_a_tracker_of_its_own(channel: Any) -> None:
    scope = {"type": "http"}
    outer = track(scope, channel)
    await outer(START)
    inner = track(scope, outer)
    assert not has_response_started(scope, inner)
    await inner(START)
    assert has_response_started(scope, inner)
    assert channel.messages == [START, START]


def test_a_recorded_start_holds_for_that_send_alone(channel: Any) -> None:
    async def other(message: Any) -> None: ...

    scope: dict[str, Any] = {"type": "http"}
    record_response_start(scope, channel)
    assert has_response_started(scope, channel)
    assert not has_response_started(scope, other)


def test_a_recorded_start_does_not_keep_the_send_alive() -> None:
    scope: dict[str, Any] = {"type": "http"}

    async def short_lived(message: Any) -> None: ...

    record_response_start(scope, short_lived)
    (found,) = scope["armillary"]["started_sends"]
    del short_lived
    assert found() is None


@pytest.mark.anyio
async def test_a_websocket_is_open_between_accept_and_close(channel: Any) -> None:
    send = track({"type": "websocket"}, channel)
    assert not is_websocket_open(send)
    await send(ACCEPT)
    assert is_websocket_open(send)
    await send(CLOSE)
    assert not is_websocket_open(send)
    assert has_response_started({"type": "websocket"}, send)
    assert not is_websocket_open(channel)
