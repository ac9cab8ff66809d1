"""Connections to each broker that are cut by a proxy: subscribers stay, and read from the history what they missed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from testkit.backends import ASYNCIO
from testkit.network import Network

from armillary.channels import ChannelMessage, Channels

pytestmark = pytest.mark.anyio
PORTS = {"redis": 6379, "nats": 4222, "postgresql": 5432}


@pytest.fixture(params=[ASYNCIO])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_what_came_while_the_connection_was_cut_is_read_from_history(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    others = await make()
    async with Network(PORTS[broker]) as network:
        through = re.sub(r"127\.0\.0\.1(:\d+)?", f"127.0.0.1:{network.port}", url)
        async with Channels(through, prefix=prefix) as channels, channels.subscribe("a", queue=4) as messages:

            async def value() -> Any:
                item = await asyncio.wait_for(anext(messages), 30)
                return item.data if isinstance(item, ChannelMessage) else item

            await others.publish("a", 0)
            assert await value() == 0
            await network.__aexit__(None, None, None)
            for number in range(1, 30):
                await others.publish("a", number)
            network._server = await asyncio.start_server(network._connected, "127.0.0.1", network.port)
            assert [await value() for _ in range(29)] == list(range(1, 30))
            await others.publish("a", "live")
            assert await value() == "live"
