"""Whether a response has started, tracked for each channel."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from armillary.asgi_types import (
    has_response_started,
    is_websocket_open,
    record_response_start,
    track_start,
    track_websocket,
)

pytestmark = pytest.mark.anyio
START = {"type": "http.response.start", "status": 200, "headers": []}


def channel() -> Any:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    return send


async def test_a_start_counts_for_the_channel_it_went_through_and_those_around() -> None:
    scope: dict[str, Any] = {"type": "http"}
    outer = track_start(channel())
    inner, other = track_start(outer), track_start(outer)
    assert not has_response_started(scope, inner)
    await inner(START)
    assert [has_response_started(scope, send) for send in (outer, inner, other)] == [True, True, False]
    await inner({"type": "http.response.body"})
    assert scope == {"type": "http"}


async def test_a_start_on_a_channel_of_any_kind_is_recorded() -> None:
    class Server:
        __slots__ = ("__weakref__",)

        async def send(self, message: Any) -> None: ...

    class Slotted:
        __slots__ = ()

        async def __call__(self, message: Any) -> None: ...

    for send in (channel(), Server().send, Slotted()):
        scope: dict[str, Any] = {"type": "http"}
        record_response_start(scope, send)
        assert has_response_started({**scope}, send)
        assert not has_response_started(scope, channel())


async def test_a_collected_channel_is_not_mistaken_for_the_next_at_its_address() -> None:
    scope: dict[str, Any] = {"type": "http"}
    for _ in range(20):
        send = channel()
        assert not has_response_started(scope, send)
        record_response_start(scope, send)
        del send


async def test_the_record_does_not_keep_the_channel_alive() -> None:
    scope: dict[str, Any] = {"type": "http"}
    send = channel()
    kept = weakref.ref(send)
    record_response_start(scope, send)
    gc.disable()
    try:
        del send
        assert kept() is None
    finally:
        gc.enable()


async def test_a_start_that_was_kept_back_does_not_count() -> None:
    scope: dict[str, Any] = {"type": "http", "armillary": {"start_withheld": True}}
    send = track_start(channel())
    await send(START)
    assert not has_response_started(scope, send)


async def test_a_websocket_is_open_between_accept_and_close() -> None:
    scope: dict[str, Any] = {"type": "websocket"}
    send = track_websocket(channel())
    seen = []
    for kind in ("websocket.accept", "websocket.send", "websocket.close"):
        seen.append((has_response_started(scope, send), is_websocket_open(send)))
        await send({"type": kind})
    assert seen == [(False, False), (True, True), (True, True)]
    assert (has_response_started(scope, send), is_websocket_open(send)) == (True, False)


async def test_a_rejected_handshake_is_complete_and_not_open() -> None:
    send = track_websocket(channel())
    await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
    assert has_response_started({"type": "websocket"}, send)
    assert not is_websocket_open(send)
    assert not is_websocket_open(channel())
