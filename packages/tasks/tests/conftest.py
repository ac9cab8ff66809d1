"""One set of tasks on each engine, run by a worker in the same process."""

from __future__ import annotations

import contextlib
import faulthandler
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

import aio_pika
import asyncpg
import nats
import pytest
from nats.js.errors import NotFoundError
from redis.asyncio import Redis
from testkit import ASYNCIO, TRIO, UVLOOP, require_port

from armillary.tasks import Runner, Tasks

ENGINES: dict[str, tuple[dict[str, Any], int]] = {
    "memory": ({"url": "memory://"}, 0),
    "redis": ({"url": "redis://127.0.0.1:6379/0"}, 6379),
    "postgresql": ({"url": "postgresql://postgres@127.0.0.1:5432/test"}, 5432),
    "rabbitmq": ({"url": "amqp://guest:guest@127.0.0.1:5672/", "state": "redis://127.0.0.1:6379/0"}, 5672),
    "nats": ({"url": "nats://127.0.0.1:4222"}, 4222),
}


COMBINATIONS = [
    pytest.param((engine, backend.values[0]), id=f"{engine}-{backend.id}", marks=backend.marks)
    for engine in ENGINES
    for backend in (ASYNCIO, UVLOOP, TRIO)
    if engine == "memory" or backend is not TRIO  # Taskiq needs asyncio
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engines(*names): run the test on these engines; on all by default")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "combination" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        names = ENGINES if marker is None else marker.args
        chosen = [parameter for parameter in COMBINATIONS if parameter.values[0][0] in names]  # type: ignore[index]
        metafunc.parametrize("combination", chosen, indirect=True)


@pytest.fixture
def combination(request: pytest.FixtureRequest) -> Any:
    """An engine, and an event loop that it runs on."""
    return request.param


@pytest.fixture
async def engine_options(combination: Any) -> AsyncGenerator[dict[str, Any]]:
    engine, _ = combination
    options, port = ENGINES[engine]
    if port:
        require_port(port)
    queue = f"test-{uuid4().hex[:12]}"
    yield {**options, "queue": queue}
    for url in (options["url"], options.get("state", "")):
        await remove(url, queue)


async def remove(url: str, queue: str) -> None:
    """Remove what a test has left in an engine."""
    scheme = url.partition("://")[0]
    if scheme == "redis":
        redis: Any = Redis.from_url(url)
        async for key in redis.scan_iter(f"{queue}:*", count=1000):
            await redis.delete(key)
        await redis.aclose()
    elif scheme == "postgresql":
        connection: Any = await asyncpg.connect(url)
        name = f"tasks_{queue.replace('-', '_')}"
        await connection.execute(f"DROP TABLE IF EXISTS {name}_keys, {name}_entries, {name}_messages")
        await connection.close()
    elif scheme == "nats":
        client = await nats.connect(url)
        for stream in (f"{queue}-tasks", *(f"KV_{queue}_{bucket}" for bucket in ("keys", "delayed", "dead", "box"))):
            with contextlib.suppress(NotFoundError):
                await client.jetstream().delete_stream(stream)
        await client.close()
    elif scheme == "amqp":
        rabbit = await aio_pika.connect(url)
        channel = await rabbit.channel()
        for name in (queue, f"{queue}.rejected", f"{queue}.delay"):
            await channel.queue_delete(name)
        await channel.exchange_delete(queue)
        await rabbit.close()


@pytest.fixture
def make_tasks(engine_options: dict[str, Any]) -> Callable[..., Tasks]:
    def make(**options: Any) -> Tasks:
        return Tasks(**{**engine_options, **options})

    return make


@pytest.fixture
def without_watchdog() -> None:
    """Exempt a test from the watchdog that ends the run: for one that starts processes, with time-outs of its own."""
    faulthandler.cancel_dump_traceback_later()


Working = Callable[[Tasks], AbstractAsyncContextManager[Tasks]]


@pytest.fixture
def working() -> Working:
    """Start tasks with a worker in this process."""

    @asynccontextmanager
    async def start(tasks: Tasks, state: Any = None) -> AsyncGenerator[Tasks]:
        async with tasks.running(state):
            if tasks.engine.is_durable:
                async with Runner(tasks, drain=2).running():
                    yield tasks
            else:
                yield tasks

    return start
