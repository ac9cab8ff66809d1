"""A Redis that restarts, loses what it had, or falls silent; a process that is killed while clients follow."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit import call
from testkit.backends import ASYNCIO, UVLOOP
from testkit.network import Network
from testkit.services import RedisServer

from armillary.channels import ChannelMessage, Channels, EngineUnavailable, Gap
from armillary.http import Request, Response, request_response

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])]
FOLLOWER = Path(__file__).parent / "served" / "follower.py"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path, "--appendonly", "yes") as server:
        yield server


async def value_of(messages: Any) -> Any:
    item = await asyncio.wait_for(anext(messages), 20)
    return item.data if isinstance(item, ChannelMessage) else item


async def test_nothing_is_lost_or_repeated_when_redis_restarts_under_load(
    redis: RedisServer, anyio_backend: Any
) -> None:
    async with (
        Channels(redis.url, timeout=20) as channels,
        channels.subscribe("a", queue=5000) as messages,
        channels.subscribe("*", queue=5000) as pattern,
    ):

        async def publish() -> None:
            for number in range(600):
                await channels.publish("a", number)

        publishing = asyncio.create_task(publish())
        seen = [await value_of(messages) for _ in range(200)]
        await asyncio.to_thread(redis.stop)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(redis.start)
        seen += [await value_of(messages) for _ in range(400)]
        await publishing
        assert seen == list(range(600))
        assert [await value_of(pattern) for _ in range(600)] == list(range(600))


async def test_a_redis_that_lost_its_data_is_reported_as_a_gap(tmp_path: Path, anyio_backend: Any) -> None:
    with RedisServer(tmp_path) as redis:
        async with Channels(redis.url, timeout=20) as channels, channels.subscribe("a") as messages:
            await channels.publish("a", 1)
            assert await value_of(messages) == 1
            await asyncio.to_thread(redis.stop)
            await asyncio.to_thread(redis.start)
            await channels.publish("a", 2)
            gap = await value_of(messages)
            assert isinstance(gap, Gap)
            assert gap.reason == "history"
            assert await value_of(messages) == 2


async def test_a_redis_that_falls_silent_is_noticed_and_nothing_is_lost(redis: RedisServer, anyio_backend: Any) -> None:
    async with Network(redis.port) as network, Channels(redis.url) as others:
        url = f"redis://127.0.0.1:{network.port}/0"
        async with Channels(url, timeout=0.5) as channels, channels.subscribe("a") as messages:
            await others.publish("a", 0)
            assert await value_of(messages) == 0
            network.silent = True
            await others.publish("a", 1)
            with pytest.raises(EngineUnavailable, match="did not respond"):
                await channels.publish("a", 2)
            while channels.is_available:
                await asyncio.sleep(0.05)
            network.silent = False
            assert await value_of(messages) == 1


async def test_an_unreachable_redis_is_awaited_for_as_long_as_start_timeout(tmp_path: Path, anyio_backend: Any) -> None:
    redis = RedisServer(tmp_path)
    starting = asyncio.create_task(Channels(redis.url, start_timeout=20).__aenter__())
    await asyncio.sleep(0.2)
    assert not starting.done()
    with redis:
        channels = await starting
        assert channels.is_available
        await channels.aclose()


@pytest.mark.nightly
async def test_no_message_is_lost_over_kill_9_of_servers_and_a_restart(redis: RedisServer, anyio_backend: Any) -> None:
    """The client of a killed server reconnects to another one, after the last cursor it got.

    `CHANNELS_MESSAGES=100000` takes more of them, and some minutes.
    """
    faulthandler.cancel_dump_traceback_later()  # each step below has a time-out of its own
    total = int(os.environ.get("CHANNELS_MESSAGES", "10000"))
    seen: list[int] = []
    cursor = ""

    async def follow(until: int) -> None:
        nonlocal cursor
        command = [sys.executable, str(FOLLOWER), redis.url, cursor]
        process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        while len(seen) < until:
            line = await asyncio.wait_for(process.stdout.readline(), 60)
            number, _, cursor = line.decode().strip().partition(" ")
            seen.append(int(number))
        process.kill()
        await process.communicate()  # reads what is left, else a full pipe is never seen to end

    async with Channels(redis.url, history=200_000, timeout=30) as channels:
        cursor = await channels.publish("a", "begin")

        async def publish(start: int) -> None:
            for number in range(start, total, 40):
                await channels.publish("a", number)

        publishing = asyncio.gather(*(publish(start) for start in range(40)))
        await follow(total // 5)
        await follow(total * 2 // 5)
        await asyncio.to_thread(redis.stop)
        await asyncio.to_thread(redis.start)
        await follow(total)
        await publishing
    assert sorted(seen) == list(range(total))


async def test_a_message_that_redis_does_not_take_is_a_503_that_names_no_address(
    redis: RedisServer, anyio_backend: Any
) -> None:
    async with Channels(redis.url, timeout=0.3) as channels:

        async def publish(request: Request) -> Response:
            await channels.publish("a", 1)
            return Response(status_code=204)

        await asyncio.to_thread(redis.stop)
        response = await call(request_response(publish), "/")
        assert (response.status, response.headers["retry-after"]) == (503, "5")
        assert b"The channels cannot be reached" in response.body
        assert b"127.0.0.1" not in response.body
