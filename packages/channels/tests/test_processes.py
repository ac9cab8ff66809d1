"""Several processes on one broker, one of which is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit.backends import ASYNCIO

pytestmark = [pytest.mark.anyio]
SERVER = Path(__file__).parent / "served" / "server.py"


@pytest.fixture(params=[ASYNCIO])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@contextmanager
def process(url: str, prefix: str, name: str, count: int = 0) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(SERVER), url, prefix, name, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "joined\n"
            yield running
        finally:
            running.kill()


async def test_members_of_a_killed_process_leave(broker: str, make: Callable[..., Any], url: str, prefix: str) -> None:
    channels = await make()
    room = channels.presence("room")
    changes = room.changes()
    async with room.join("here", {"here": True}):
        with anyio.fail_after(30):
            assert (await anext(changes)).member.key == "here"
            with process(url, prefix, "there") as other:
                change = await anext(changes)
                assert (change.kind, change.member.key) == ("join", "there")
                assert [member.key for member in await room.members()] == ["here", "there"]
                other.kill()
                change = await anext(changes)
                assert (change.kind, change.member.key) == ("leave", "there")
                assert [member.key for member in await room.members()] == ["here"]


async def test_a_process_that_comes_later_learns_who_is_there(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    with process(url, prefix, "first"):
        channels = await make()
        assert [member.key for member in await channels.presence("room").members()] == ["first"]


async def test_a_process_that_ends_in_order_leaves_at_once(broker: str, make: Callable[..., Any]) -> None:
    channels, other = await make(), await make()
    changes = channels.presence("room").changes()
    joined = other.presence("room").join("ada")
    await joined.__aenter__()
    with anyio.fail_after(30):
        assert (await anext(changes)).kind == "join"
        await other.aclose()
        assert (await anext(changes)).kind == "leave"
    await joined.__aexit__(None, None, None)


async def test_messages_of_another_process_arrive_until_it_is_killed(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    channels = await make()
    async with channels.subscribe("room", queue=5000) as messages:
        with process(url, prefix, "there", 1000):
            seen = []
            with anyio.fail_after(30):
                while len(seen) < 1000:
                    seen.append((await anext(messages)).data)  # type: ignore[union-attr]
    assert seen == [["there", number] for number in range(1000)]
