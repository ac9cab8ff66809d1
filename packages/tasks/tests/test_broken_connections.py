"""Connections to each broker that are cut by a proxy, and brokers that are killed and started again."""

from __future__ import annotations

import gc
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from testkit import NATSServer, Network, PostgreSQLServer, RabbitMQServer, RedisServer

from armillary.tasks import EngineUnavailable, EnqueuedTask, Tasks, TasksError

# Taskiq leaves a pipeline of Redis behind when a connection is cut while it looks for what others have left undone.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:Unclosed client session:ResourceWarning")]
COUNT = 30


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


@pytest.fixture(autouse=True)
def _what_is_left_behind_is_collected_here() -> Iterator[None]:
    yield
    gc.collect()


durable = pytest.mark.engines("redis", "postgresql", "rabbitmq", "nats")


async def enqueue_in_spite_of_it(task: Any, number: int) -> EnqueuedTask[int]:
    """Enqueue, as a client does that gets a 503 and tries again."""
    while True:
        try:
            return await task.enqueue(number)  # type: ignore[no-any-return]
        except EngineUnavailable:
            await anyio.sleep(0.1)


async def result_in_spite_of_it(enqueued: EnqueuedTask[int]) -> int:
    """Wait for a result, also while the state cannot be read."""
    while True:
        try:
            return await enqueued.result()
        except (TasksError, LookupError):
            raise
        except Exception:
            await anyio.sleep(0.1)


async def run_all(tasks: Tasks, working: Any, disturb: Callable[[int], Any]) -> None:
    """Run tasks, with something that happens before some of them are enqueued."""

    @tasks.task(name="double")
    async def double(number: int) -> int:
        await anyio.sleep(0.02)
        return number * 2

    with anyio.fail_after(200):
        async with working(tasks):
            enqueued: list[EnqueuedTask[int]] = []
            for number in range(COUNT):
                await disturb(number)
                enqueued.append(await enqueue_in_spite_of_it(double, number))
            assert [await result_in_spite_of_it(one) for one in enqueued] == [2 * number for number in range(COUNT)]


@durable
async def test_tasks_run_although_connections_to_the_broker_are_cut(
    make_tasks: Callable[..., Tasks], engine_options: dict[str, Any], working: Any
) -> None:
    port = int(re.search(r":(\d+)(/|$)", engine_options["url"])[1])  # type: ignore[index]
    async with Network(port) as network:

        async def cut(number: int) -> None:
            if number == COUNT // 3:
                network.cut()

        url = engine_options["url"].replace(f":{port}", f":{network.port}")
        if url.startswith("postgresql"):
            url += "?sslmode=disable"  # asyncpg leaves a future behind if the connection ends while it asks for TLS
        await run_all(make_tasks(url=url, lease=1.5), working, cut)


@pytest.fixture
def own_broker(combination: Any) -> Iterator[Any]:
    # Not in `tmp_path`, which the user postgres may not enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        path = Path(folder) / "kept"
        if combination[0] == "postgresql":
            made: Any = PostgreSQLServer(path)
        else:
            path.mkdir()
            kinds: dict[str, Any] = {"nats": NATSServer, "rabbitmq": RabbitMQServer}
            persistent = ("--appendonly", "yes", "--appendfsync", "always")
            made = RedisServer(path, *persistent) if combination[0] == "redis" else kinds[combination[0]](path)
        with made:
            yield made


@pytest.mark.nightly
@durable
@pytest.mark.usefixtures("without_watchdog")
async def test_tasks_run_although_the_broker_is_killed_and_started_again(
    make_tasks: Callable[..., Tasks], own_broker: Any, working: Any
) -> None:
    async def restart(number: int) -> None:
        if number == COUNT // 2:
            await anyio.to_thread.run_sync(own_broker.stop)
            await anyio.to_thread.run_sync(own_broker.start)

    await run_all(make_tasks(url=own_broker.url, lease=1.5), working, restart)
