"""A broker that many find broken at once, that never responds, or that nothing arrives at for a while."""

from __future__ import annotations

import asyncio
import gc
import re
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from testkit import Network

from armillary.tasks import EngineUnavailable, Tasks
from armillary.tasks.engines._rabbitmq import with_heartbeat

durable = pytest.mark.engines("redis", "postgresql", "rabbitmq")  # the client of NATS connects again by itself


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


@pytest.fixture
def through(make_tasks: Callable[..., Tasks], engine_options: dict[str, Any]) -> Callable[..., Tasks]:
    """Make tasks whose broker is behind a network."""

    def make(network: Network, **options: Any) -> Tasks:
        url = engine_options["url"].replace(f":{network.target}", f":{network.port}")
        # asyncpg leaves a future behind if the connection ends while it asks for TLS
        return make_tasks(url=f"{url}?sslmode=disable" if url.startswith("postgresql") else url, **options)

    return make


@pytest.fixture
def port(engine_options: dict[str, Any]) -> int:
    return int(re.search(r":(\d+)(/|$)", engine_options["url"])[1])  # type: ignore[index]


@pytest.fixture(autouse=True)
def what_is_left_behind_is_collected_here() -> Iterator[None]:
    yield
    gc.collect()


async def rest() -> set[Any]:
    """Return what runs, once what has ended is gone."""
    await asyncio.sleep(0.2)
    return {task for task in asyncio.all_tasks() if "Network" not in str(task.get_coro())}


@pytest.mark.anyio
@pytest.mark.engines("postgresql", "rabbitmq")  # redis-py keeps several and leaves those cut while they connect
async def test_many_that_find_a_connection_broken_at_once_make_a_single_new_one(
    through: Callable[..., Tasks], port: int, working: Any
) -> None:
    async with Network(port) as network:
        tasks = through(network)

        @tasks.task(name="nothing")
        async def nothing() -> None: ...

        async with tasks.running():
            await nothing.enqueue()
            before = len(await rest())
            for _ in range(3):
                network.cut()
                async with asyncio.TaskGroup() as group:
                    for _ in range(20):
                        group.create_task(enqueue(nothing))
            assert len(await rest()) <= before + 2  # a state may have opened more of its own


async def enqueue(task: Any) -> None:
    with anyio.fail_after(30):
        while True:
            try:
                await task.enqueue()
                return
            except EngineUnavailable:  # the state was cut off too
                await anyio.sleep(0.1)


@pytest.mark.anyio
@pytest.mark.engines("rabbitmq")
async def test_a_start_over_a_silent_network_is_unavailable_and_leaves_nothing_behind(
    through: Callable[..., Tasks], port: int
) -> None:
    async with Network(port) as network:
        network.silent = True
        tasks = through(network, timeout=0.2)
        before = await rest()
        with pytest.raises(EngineUnavailable):
            async with tasks.running():
                pass
        assert await rest() <= before
        network.silent = False


async def is_sent(engine: Any) -> bool:
    try:
        await engine.send("two", "nothing", b"{}", 5)
    except EngineUnavailable:  # a busy machine takes longer than the short time-out
        return False
    return True


@pytest.mark.anyio
@durable
async def test_a_message_over_a_silent_network_is_unavailable_and_the_next_one_arrives(
    through: Callable[..., Tasks], port: int, caplog: pytest.LogCaptureFixture
) -> None:
    async with Network(port) as network:
        engine = through(network, timeout=1).engine
        await engine.start()
        try:
            network.silent = True
            with pytest.raises(EngineUnavailable, match="cannot be reached: no response in time"):
                await engine.send("one", "nothing", b"{}", 5)
            warnings = [record.getMessage() for record in caplog.records if record.name == "armillary.tasks"]
            assert warnings == [f"{engine.name} cannot be reached: no response in time"]
            network.silent = False
            attempts = [await is_sent(engine)]
            with anyio.fail_after(30):
                while not attempts[-1]:
                    await anyio.sleep(0.1)
                    attempts.append(await is_sent(engine))
            assert len(attempts) <= 3  # each by a connection of its own, not all by the silent one
        finally:
            await engine.close()


def test_a_heartbeat_notices_that_rabbitmq_is_silent_unless_the_url_has_its_own() -> None:
    assert with_heartbeat("amqp://u:p%40@host:5672/%2F") == "amqp://u:p%40@host:5672/%2F?heartbeat=5"
    assert with_heartbeat("amqps://host/v?heartbeat=20") == "amqps://host/v?heartbeat=20"


@pytest.mark.anyio
@pytest.mark.engines("postgresql")
async def test_more_statements_at_once_than_connections_wait_for_their_turn_longer_than_the_time_out(
    make_tasks: Callable[..., Tasks],
) -> None:
    tasks = make_tasks(timeout=1)
    async with tasks.running():
        state: Any = tasks.engine.state
        await asyncio.gather(*(state.execute("SELECT pg_sleep(0.05)") for _ in range(200)))  # two seconds, five at once


@pytest.mark.anyio
@pytest.mark.engines("postgresql")
async def test_a_wait_for_a_connection_ends_when_no_statement_completes(
    through: Callable[..., Tasks], port: int
) -> None:
    async with Network(port) as network:
        tasks = through(network, timeout=1)
        async with tasks.running():
            network.silent = True
            state: Any = tasks.engine.state
            with anyio.fail_after(30):
                results = await asyncio.gather(*(state.time() for _ in range(20)), return_exceptions=True)
            assert {type(result) for result in results} == {TimeoutError}
            network.silent = False
