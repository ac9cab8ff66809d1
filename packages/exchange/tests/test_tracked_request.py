from __future__ import annotations

from typing import Any

import pytest

from armillary.exchange import (
    BodyTooLarge,
    TrackedRequest,
    exchange_of,
    has_response_started,
    record_response_start,
    track,
)

pytestmark = pytest.mark.anyio
START = {"type": "http.response.start", "status": 200, "headers": []}


async def body_of_five() -> Any:
    return {"type": "http.request", "body": b"12345", "more_body": True}


async def test_the_start_counts_before_the_server_has_it_and_messages_pass_unchanged() -> None:
    seen: list[Any] = []

    async def fail(message: Any) -> None:
        seen.append(message)
        raise OSError("the server is gone")

    scope: dict[str, Any] = {"type": "http", "headers": []}
    tracked = TrackedRequest(scope, body_of_five, fail, None)
    assert not has_response_started(scope, tracked.send)
    message = dict(START)
    with pytest.raises(OSError):
        await tracked.send(message)
    assert seen[0] is message
    assert has_response_started(scope, tracked.send)
    assert not has_response_started(scope, fail)


async def test_what_comes_before_the_start_does_not_start_the_response(channel: Any) -> None:
    scope: dict[str, Any] = {"type": "http", "headers": []}
    tracked = TrackedRequest(scope, body_of_five, channel, None)
    await tracked.send({"type": "http.response.early_hint", "links": []})
    assert not tracked.started


async def test_a_start_is_not_recorded_again_for_a_send_that_knows_it(channel: Any) -> None:
    scope: dict[str, Any] = {"type": "http", "headers": []}
    tracked = TrackedRequest(scope, body_of_five, channel, None)
    record_response_start(scope, tracked.send)
    assert "armillary" not in scope


async def test_a_layer_inside_that_asks_for_all_of_the_response_gets_a_tracker_of_its_own(channel: Any) -> None:
    scope: dict[str, Any] = {"type": "http", "headers": []}
    tracked = TrackedRequest(scope, body_of_five, channel, None)
    send = track(scope, tracked.send)
    await send(dict(START))
    exchange = exchange_of(send)
    assert exchange is not None
    assert exchange.status == 200
    assert tracked.started
    assert exchange_of(tracked.send) is None


async def test_the_body_is_limited_by_what_is_received_and_by_what_is_declared(channel: Any) -> None:
    tracked = TrackedRequest({"type": "http", "headers": []}, body_of_five, channel, 9)
    await tracked()
    with pytest.raises(BodyTooLarge):
        await tracked()
    declared = TrackedRequest({"type": "http", "headers": [(b"content-length", b"10")]}, body_of_five, channel, 9)
    with pytest.raises(BodyTooLarge):
        await declared()
    assert not declared.was_read
