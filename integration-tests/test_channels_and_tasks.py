"""Channels and tasks of one program, on one engine and under one name."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit import ASYNCIO, NATSServer, RedisServer, own_postgresql_database

from armillary.channels import ChannelMessage, Channels
from armillary.tasks import Runner, Tasks

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO])]


@pytest.fixture(params=["redis", "nats", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            yield stack.enter_context(own_postgresql_database())
        else:
            made: Any = RedisServer(tmp_path) if request.param == "redis" else NATSServer(tmp_path)
            yield stack.enter_context(made).url


async def test_a_task_publishes_to_channels_of_the_same_name_as_its_queue(url: str, anyio_backend: Any) -> None:
    channels, tasks = Channels(url, prefix="board"), Tasks(url, queue="board")

    @tasks.task
    async def pin(note: str) -> None:
        await channels.publish("notes", note)

    with anyio.fail_after(60):
        async with channels, channels.subscribe("*") as messages, tasks.running(), Runner(tasks, drain=5).running():
            await pin.enqueue("hello")
            message = await anext(messages)
            assert isinstance(message, ChannelMessage)
            assert (message.channel, message.data) == ("notes", "hello")
