"""What type checkers make of channels as users write them. Checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, assert_type

from armillary.asgi_types import ASGIApp
from armillary.channels import Change, ChannelMessage, Channels, Gap, Member
from armillary.http import Request
from armillary.websockets import WebSocket

channels = Channels("redis://127.0.0.1:6379/0", history=100, overflow="drop_oldest", timeout=2.5)


async def follow() -> None:
    assert_type(await channels.publish("room:7", {"text": "hello"}), str)
    async with channels.subscribe("room:*", last=10, overflow="close") as messages:
        async for item in messages:
            assert_type(item, ChannelMessage | Gap)
            if isinstance(item, Gap):
                assert_type(item.count, int | None)
            else:
                assert_type(item.cursor, str)
                assert_type(item.data, Any)
    assert_type(await channels.history("room:7", last=5), list[ChannelMessage])


async def who() -> None:
    room = channels.presence("room:7")
    async with room.join("ada", {"color": "red"}):
        assert_type(await room.members(), list[Member])
    assert_type(room.changes(), AsyncIterator[Change])


async def chat(websocket: WebSocket) -> None:
    async def say(text: str) -> None:
        await channels.publish("room:7", text)

    await channels.websocket(websocket, "room:7", on_text=say, cursors=True, after=None)


def news(request: Request) -> ASGIApp:
    return channels.events(request, "room:*", last=20)


assert_type(channels.event_stream("room:7", after="1-1@room:7"), AsyncIterator[bytes])
