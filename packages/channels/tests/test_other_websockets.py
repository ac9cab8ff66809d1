"""Subscriptions over a WebSocket of another framework, of which only a few methods are known."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from armillary.channels import Channels

pytestmark = pytest.mark.anyio


class Foreign:
    """An accepted WebSocket whose server takes everything at once, and whose methods never suspend."""

    application_state = "CONNECTED"

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self.gate: anyio.Event | None = None  # what a text waits for

    async def receive(self) -> Any:
        await anyio.sleep_forever()

    async def send(self, message: Any) -> None:
        self.sent.append(message["text"])

    async def send_text(self, text: str) -> None:
        self.sent.append(text)
        if self.gate is not None:
            await self.gate.wait()

    async def close(self, code: int, reason: str) -> None:
        self.closed = code, reason


async def test_others_get_turns_while_a_client_is_sent_a_long_history() -> None:
    channels = Channels(history=1000)
    for number in range(1000):
        await channels.publish("room:7", number)
    websocket = Foreign()
    turns = 0
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: channels.websocket(websocket, "room:7", last=1000))
        while len(websocket.sent) < 1000:
            await anyio.lowlevel.checkpoint()
            turns += bool(websocket.sent)
        group.cancel_scope.cancel()
    assert turns >= 1000 // 64


async def test_texts_of_any_letters_arrive_in_order() -> None:
    channels = Channels()
    websocket = Foreign()
    values = ["plain", "Ünïcode", "\ud83d\ude00 \\", "plain again"]
    for value in values:
        await channels.publish("room:7", value)
    async with anyio.create_task_group() as group:
        group.start_soon(lambda: channels.websocket(websocket, "room:7", last=9))
        with anyio.fail_after(10):
            while len(websocket.sent) < len(values):
                await anyio.sleep(0.01)
        group.cancel_scope.cancel()
    assert websocket.sent == ['"plain"', '"Ünïcode"', '"😀 \\\\"', '"plain again"']


async def test_a_client_whose_queue_was_full_is_closed_with_1013_when_it_takes_something() -> None:
    channels = Channels()
    websocket = Foreign()
    websocket.gate = anyio.Event()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: channels.websocket(websocket, "room:7", queue=2, last=1))
            await channels.publish("room:7", 0)
            while not websocket.sent:
                await anyio.sleep(0.01)
            for number in range(1, 4):
                await channels.publish("room:7", number)
            assert websocket.closed is None
            websocket.gate.set()
    assert websocket.sent == ["0"]
    assert websocket.closed == (1013, "messages were not taken fast enough")


async def test_clients_that_get_cursors_share_one_text() -> None:
    channels = Channels()
    await channels.publish("room:7", "Ünïcode")
    websockets = [Foreign(), Foreign()]
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for websocket in websockets:
                group.start_soon(lambda one=websocket: channels.websocket(one, "room:7", cursors=True, last=1))
            while not all(websocket.sent for websocket in websockets):
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
    first, second = (websocket.sent[0] for websocket in websockets)
    assert first is second
