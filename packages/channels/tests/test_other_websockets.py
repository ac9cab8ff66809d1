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

    async def receive(self) -> Any:
        await anyio.sleep_forever()

    async def send(self, message: Any) -> None:
        self.sent.append(message["text"])

    async def send_text(self, text: str) -> None:
        self.sent.append(text)


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
