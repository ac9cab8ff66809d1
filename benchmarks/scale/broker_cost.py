"""What one broadcast costs Redis, by the number of server processes that listen, and the line through that."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from redis.asyncio import Redis

from armillary.channels import Channels

LISTENING = (1, 25, 100, 400)
BROADCASTS = 1000


class BrokerCost(NamedTuple):
    """Seconds of Redis's processor time for one broadcast: `fixed + each * listening processes`."""

    fixed: float
    each: float
    measured: dict[int, float]


async def measure(url: str) -> BrokerCost:
    """Publish to connections that listen as those of server processes do."""
    measured = {listening: await _cost(url, listening) for listening in LISTENING}
    mean_x = sum(measured) / len(measured)
    mean_y = sum(measured.values()) / len(measured)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in measured.items()) / sum((x - mean_x) ** 2 for x in measured)
    return BrokerCost(mean_y - slope * mean_x, slope, measured)


async def _cost(url: str, listening: int) -> float:
    redis: Any = Redis.from_url(url)
    async with Channels(url, prefix="cost", timeout=30) as channels:
        drained = [asyncio.create_task(_drain(url)) for _ in range(listening)]
        while (await redis.pubsub_numsub("cost:live:news"))[0][1] < listening:
            await asyncio.sleep(0.01)
        before = await _cpu(redis)
        for number in range(BROADCASTS):
            await channels.publish("news", [number, "x" * 80])
        cost = (await _cpu(redis) - before) / BROADCASTS
        for task in drained:
            task.cancel()
        await asyncio.wait(drained)
    await redis.aclose()
    return cost


async def _drain(url: str) -> None:
    """Listen as a server process does, and drop what comes."""
    reader, writer = await asyncio.open_connection(*_address(url))
    try:
        writer.write(b"SUBSCRIBE cost:live:news\r\n")
        while await reader.read(1 << 20):
            pass
    finally:
        writer.close()


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("redis://").partition("/")[0].partition(":")
    return host, int(port)


async def _cpu(redis: Any) -> float:
    info = await redis.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
