"""A broker of the tests' own that is killed and started again under load: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit.backends import ASYNCIO
from testkit.brokers import NATSServer, PostgreSQLServer
from testkit.services import OwnServer, RedisServer

from armillary.channels import ChannelMessage, Channels

pytestmark = pytest.mark.anyio
COUNT = 300


@pytest.fixture(params=[ASYNCIO])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def server(broker: str) -> Iterator[OwnServer]:
    # Not in `tmp_path`, which the user postgres may not enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        path = Path(folder) / "kept"
        if broker == "postgresql":
            made: OwnServer = PostgreSQLServer(path)
        else:
            path.mkdir()
            made = NATSServer(path) if broker == "nats" else RedisServer(path, "--appendonly", "yes")
        with made:
            yield made


async def values_of(messages: Any, count: int) -> list[Any]:
    found: list[Any] = []
    while len(found) < count:
        item = await asyncio.wait_for(anext(messages), 30)
        found.append(item.data if isinstance(item, ChannelMessage) else item)
    return found


async def test_two_publishers_and_all_subscribers_go_on_when_the_broker_is_killed_and_started_again(
    server: Any,
) -> None:
    options: dict[str, Any] = {"timeout": 30, "start_timeout": 30, "queue": 5000}
    async with (
        Channels(server.url, **options) as channels,
        Channels(server.url, **options) as others,
        channels.subscribe("a") as one,
        others.subscribe("*") as pattern,
    ):

        async def publish(publisher: Channels, name: str) -> None:
            for number in range(COUNT):
                await publisher.publish("a", [name, number])

        publishing = asyncio.gather(publish(channels, "one"), publish(others, "two"))
        seen = await values_of(one, 50)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        seen += await values_of(one, 2 * COUNT - 50)
        await publishing
        assert await values_of(pattern, 2 * COUNT) == seen
    for name in ("one", "two"):
        assert [number for who, number in seen if who == name] == list(range(COUNT))
