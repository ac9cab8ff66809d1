"""Connections to each broker that are cut by a proxy: subscribers stay, and read from the history what they missed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from testkit.backends import ASYNCIO
from testkit.network import Network

from armillary.channels import ChannelMessage, Channels, EngineUnavailable

pytestmark = pytest.mark.anyio
PORTS = {"redis": 6379, "nats": 4222, "postgresql": 5432}


@pytest.fixture(params=[ASYNCIO])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    return request.param


async def value_of(messages: Any) -> Any:
    item = await asyncio.wait_for(anext(messages), 30)
    return item.data if isinstance(item, ChannelMessage) else item


def behind(url: str, network: Network) -> str:
    return re.sub(r"127\.0\.0\.1(:\d+)?", f"127.0.0.1:{network.port}", url)


async def test_what_came_while_the_connection_was_cut_is_read_from_history(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    others = await make()
    async with Network(PORTS[broker]) as network:
        options: dict[str, Any] = {"prefix": prefix}
        async with (
            Channels(behind(url, network), **options) as channels,
            channels.subscribe("a", queue=4) as messages,
        ):
            await others.publish("a", 0)
            assert await value_of(messages) == 0
            await network.__aexit__(None, None, None)
            for number in range(1, 30):
                await others.publish("a", number)
            network._server = await asyncio.start_server(network._connected, "127.0.0.1", network.port)
            assert [await value_of(messages) for _ in range(29)] == list(range(1, 30))
            await others.publish("a", "live")
            assert await value_of(messages) == "live"


async def test_a_broker_that_falls_silent_is_noticed_whatever_waits_to_be_written(
    broker: str, make: Callable[..., Any], url: str, prefix: str, caplog: pytest.LogCaptureFixture
) -> None:
    others = await make()
    async with Network(PORTS[broker]) as network:
        through = behind(url, network)
        async with Channels(through, prefix=prefix, timeout=0.5) as channels, channels.subscribe("a") as messages:
            await others.publish("a", 0)
            assert await value_of(messages) == 0
            network.silent = True
            network.reading.clear()
            await others.publish("a", 1)
            with anyio.fail_after(30):
                for result in await asyncio.gather(
                    *(channels.publish("b", "x" * 400_000) for _ in range(20)), return_exceptions=True
                ):
                    assert isinstance(result, EngineUnavailable)
                warnings = [record for record in caplog.records if record.name == "armillary.channels"]
                assert len(warnings) == 1, "an outage is logged once a minute, however many calls it fails"
                assert re.search(rf"127\.0\.0\.1:{network.port}\S* cannot be used: .", warnings[0].getMessage())
                while channels.is_available:
                    await anyio.sleep(0.05)
            network.reading.set()
            network.silent = False
            assert await value_of(messages) == 1


async def test_starting_and_ending_at_a_silent_broker_take_a_limited_time(
    broker: str, make: Callable[..., Any], url: str, prefix: str
) -> None:
    await make()
    async with Network(PORTS[broker]) as network:
        network.silent = True
        with anyio.fail_after(30), pytest.raises(EngineUnavailable, match=rf"127\.0\.0\.1:{network.port}"):
            async with Channels(behind(url, network), prefix=prefix, timeout=0.5, start_timeout=0):
                pass
        network.silent = False
        channels = Channels(behind(url, network), prefix=prefix, timeout=0.5)
        await channels.publish("a", 1)
        network.silent = True
        network.reading.clear()
        with anyio.fail_after(30):
            with pytest.raises(EngineUnavailable):
                await channels.publish("a", "x" * 400_000)
            await channels.aclose()
        network.reading.set()
