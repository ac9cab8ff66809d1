"""Several processes on one broker, one of which is killed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit.backends import ASYNCIO

from armillary.channels import Change
from armillary.channels._presence_hub import BEAT_SECONDS

pytestmark = [pytest.mark.anyio]
SERVER = Path(__file__).parent / "served" / "server.py"


@pytest.fixture(params=[ASYNCIO])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@asynccontextmanager
async def process(url: str, prefix: str, name: str, count: int = 0) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process, which has joined the room; in the end it is killed."""
    command = [sys.executable, str(SERVER), url, prefix, name, str(count)]
    running = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    try:
        assert running.stdout is not None
        with anyio.fail_after(50):
            assert await running.stdout.readline() == b"joined\n"
        yield running
    finally:
        with suppress(ProcessLookupError):
            running.kill()
        await running.wait()


async def change(changes: AsyncIterator[Change], kind: str, key: str) -> None:
    """Wait for a change; a process that gets no time to run leaves and comes back before it."""
    with anyio.fail_after(30):
        async for one in changes:
            if (one.kind, one.member.key) == (kind, key):
                return


async def test_members_of_a_killed_process_leave_within_two_seconds(
    broker: str, make: Callable[..., Any], url: str, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = await make()
    beats = 0
    signal = channels._hub.engine.signal

    async def count(payload: bytes) -> None:
        nonlocal beats
        beats += b'"beat"' in payload
        await signal(payload)

    monkeypatch.setattr(channels._hub.engine, "signal", count)
    room = channels.presence("room")
    changes = room.changes()
    async with room.join("here", {"here": True}):
        await change(changes, "join", "here")
        async with process(url, prefix, "there") as other:
            await change(changes, "join", "there")
            other.kill()
            beats = 0
            await change(changes, "leave", "there")
            assert (beats + 1) * BEAT_SECONDS <= 2.1  # by its own beats, which a busy machine delays
            assert [member.key for member in await room.members()] == ["here"]


async def test_a_process_that_comes_later_learns_who_is_there(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    async with process(url, prefix, "first"):
        channels = await make()
        assert [member.key for member in await channels.presence("room").members()] == ["first"]


async def test_a_process_that_ends_in_order_leaves_at_once(broker: str, make: Callable[..., Any]) -> None:
    channels, other = await make(), await make()
    changes = channels.presence("room").changes()
    joined = other.presence("room").join("ada")
    await joined.__aenter__()
    await change(changes, "join", "ada")
    await other.aclose()
    await change(changes, "leave", "ada")
    await joined.__aexit__(None, None, None)


async def test_messages_of_another_process_arrive_until_it_is_killed(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    channels = await make()
    async with channels.subscribe("room", queue=5000) as messages:
        async with process(url, prefix, "there", 1000):
            seen: list[Any] = []
            with anyio.fail_after(30):
                while len(seen) < 1000:
                    seen.append((await anext(messages)).data)
    assert seen == [["there", number] for number in range(1000)]
