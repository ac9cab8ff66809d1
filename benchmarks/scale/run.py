"""Broadcasts to thousands of WebSockets over several server processes, beside a plain loop in the same run.

make scale, or: python benchmarks/scale/run.py --engine redis --subscribers 1000 5000 --servers 2 4 --markdown scale.md

The plain loop is one over redis-py, or nats-py with `--engine nats`. Rounds of the two are interleaved. The subscribers
share the machine with the servers, so the figures are of all of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import broker_cost
import nats
import uvloop
from processes import Stack, broker
from redis.asyncio import Redis
from report import Case, Round, report
from subscribers import Arrivals, connect

from armillary.channels import Channels

Publish = Callable[[Any], Awaitable[object]]
PADDING = "x" * 64
BURST, SINGLE = 40, 60
WARM_UP = 60
"""Broadcasts before what is measured: with them the first full garbage collection over all connections has passed."""
SECONDS = 180.0


async def broadcast(publish: Publish) -> None:
    await publish([time.monotonic_ns(), PADDING])


async def one_round(stack: Stack, publish: Publish, subscribers: int) -> Round:
    """Connect, measure single broadcasts, then a burst, and disconnect."""
    arrivals = Arrivals()
    connected = await connect(stack.port, subscribers, arrivals)
    for _ in range(WARM_UP):
        arrivals.expect(subscribers)
        await broadcast(publish)
        await arrivals.wait(SECONDS)
    latencies: list[float] = []
    for _ in range(SINGLE):
        arrivals.expect(subscribers)
        await broadcast(publish)
        await arrivals.wait(SECONDS)
        latencies += arrivals.latencies
        await asyncio.sleep(0.02)
    arrivals.expect(BURST * subscribers)
    cpu, started = stack.cpu_seconds(), time.perf_counter()
    for _ in range(BURST):
        await broadcast(publish)
    await arrivals.wait(SECONDS)
    seconds = time.perf_counter() - started
    used = {kind: after - cpu[kind] for kind, after in stack.cpu_seconds().items()}
    for subscriber in connected:
        subscriber.transport.abort()  # type: ignore[attr-defined]
    await asyncio.sleep(0.5)
    return Round(latencies, BURST * subscribers / seconds, used, BURST * subscribers)


async def measure(options: argparse.Namespace, folder: Path) -> tuple[list[Case], broker_cost.BrokerCost]:
    cases: list[Case] = []
    redis_folder, engine_folder = folder / "redis", folder / "engine"
    redis_folder.mkdir()
    engine_folder.mkdir()
    with broker("redis", redis_folder) as redis, broker(options.engine, engine_folder) as engine:
        cost = await broker_cost.measure(redis.url)  # type: ignore[attr-defined]
        for servers in options.servers:
            for subscribers in options.subscribers:
                case = Case(servers, subscribers, options.engine)
                for _ in range(options.rounds):
                    await one_of_each(case, engine.url, folder)  # type: ignore[attr-defined]
                cases.append(case)
                print(case.line(), flush=True)
    return cases, cost


@asynccontextmanager
async def plain_publisher(url: str) -> AsyncIterator[Publish]:
    """Publish as the plain loop listens."""
    client: Any = await nats.connect(url) if url.startswith("nats:") else Redis.from_url(url)

    async def publish(value: Any) -> None:
        await client.publish("news", f'[{value[0]},"{value[1]}"]'.encode())

    yield publish
    await (client.close() if url.startswith("nats:") else client.aclose())


async def one_of_each(case: Case, url: str, folder: Path) -> None:
    """One round of the plain loop, and one of channels."""
    with Stack("plain_app", case.servers, url, folder) as stack:
        async with plain_publisher(url) as publish:
            case.plain.append(await one_round(stack, publish, case.subscribers))
    with Stack("channels_app", case.servers, url, folder) as stack:
        async with Channels(url, prefix="scale", timeout=30) as channels:
            case.channels.append(
                await one_round(stack, lambda value: channels.publish("news", value), case.subscribers)
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--engine", choices=["redis", "nats"], default="redis", help="of channels (redis)")
    parser.add_argument("--servers", type=int, nargs="+", default=[2, 4], help="server processes (2 4)")
    parser.add_argument("--subscribers", type=int, nargs="+", default=[1000, 5000], help="WebSockets (1000 5000)")
    parser.add_argument("--rounds", type=int, default=3, help="of each, interleaved (3)")
    parser.add_argument("--markdown", type=Path, help="a file for the tables")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        cases, cost = uvloop.run(measure(options, Path(folder)))
    text = report(cases, cost, load)
    print(text)
    if options.markdown:
        options.markdown.write_text(text)


if __name__ == "__main__":
    main()
