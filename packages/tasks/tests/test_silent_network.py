"""A silent network: what is sent is lost, and no connection ends. Nothing waits for ever, and no task is lost."""

from __future__ import annotations

import gc
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anyio
import pytest
from testkit import Network

from armillary.tasks import EngineUnavailable, EnqueuedTask, Tasks

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.engines("redis", "postgresql", "rabbitmq", "nats"),
    # asyncpg and Taskiq leave what a lost connection carried to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
TIMEOUT = 0.3
LONGEST = 30  # for all of a test, since it may wait for a machine that is busy


@pytest.fixture
def anyio_backend(combination: Any) -> object:
    return combination[1]


@pytest.fixture(autouse=True)
def _what_is_left_behind_is_collected_here() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
async def network(engine_options: dict[str, Any]) -> AsyncIterator[Network]:
    """The network between the tests and the engine, whose tables and streams exist."""
    async with Tasks(**engine_options).running():
        pass
    async with Network(int(re.search(r":(\d+)(/|$)", engine_options["url"])[1])) as network:  # type: ignore[index]
        yield network


@pytest.fixture
def tasks(make_tasks: Callable[..., Tasks], engine_options: dict[str, Any], network: Network) -> Tasks:
    """Tasks behind that network, with short time-outs."""
    url = engine_options["url"].replace(f":{network.target}", f":{network.port}")
    if url.startswith("postgresql"):
        url += "?sslmode=disable"  # asyncpg leaves a future behind if the connection ends while it asks for TLS
    if url.startswith("amqp"):
        url += "?heartbeat=1"  # after two of which RabbitMQ delivers again what was lost
    return make_tasks(url=url, lease=1.0, timeout=TIMEOUT)


async def when_it_is_back(call: Callable[[], Any]) -> Any:
    """Call as a client does that gets a 503 and tries again."""
    with anyio.fail_after(LONGEST):
        while True:
            try:
                return await call()
            except EngineUnavailable:
                await anyio.sleep(0.05)


async def silence(network: Network) -> None:
    """Let the network be silent until whoever waits has noticed it; what has lost something stays silent."""
    await anyio.sleep(4 * TIMEOUT)
    network.silent = False


async def test_enqueueing_and_asking_raise_with_the_address_and_work_when_it_is_back(
    tasks: Tasks, network: Network, working: Any
) -> None:
    runs: Counter[int] = Counter()

    @tasks.task(name="note")
    async def note(number: int) -> int:
        runs[number] += 1
        return number

    with anyio.fail_after(LONGEST):
        async with working(tasks):
            first = await note.enqueue(0)
            assert await first.result() == 0
            network.silent = True
            for _ in range(2):
                with pytest.raises(EngineUnavailable, match=r"127\.0\.0\.1:\d+ cannot be reached: .") as raised:
                    await note.enqueue(1)
                assert raised.value.status_code == 503
            if tasks.engine.name.startswith("RabbitMQ"):
                assert await first.result() == 0  # which is in another engine
            else:
                for ask in (first.status, first.cancel, tasks.dead_letters):
                    with pytest.raises(EngineUnavailable, match=f":{network.port} cannot be reached: ."):
                        await ask()
            await silence(network)
            enqueued: EnqueuedTask[int] = await when_it_is_back(lambda: note.enqueue(2))
            assert await when_it_is_back(enqueued.result) == 2
    assert runs[0] == runs[2] == 1
    assert runs[1] <= 2  # of those that were not confirmed in time, some may have arrived


@pytest.mark.nightly
async def test_a_task_that_runs_meanwhile_ends_once_and_none_runs_for_ever(
    tasks: Tasks, network: Network, working: Any
) -> None:
    ended: list[str] = []
    started = anyio.Event()

    @tasks.task(name="work")
    async def work(what: str) -> str:
        started.set()
        await anyio.sleep(1.5)
        ended.append(what)
        return what

    with anyio.fail_after(LONGEST):
        async with working(tasks):
            enqueued = await work.enqueue("it")
            await started.wait()
            network.silent = True
            await silence(network)
            assert await when_it_is_back(enqueued.result) == "it"
    assert ended == ["it"]


async def test_a_start_raises_with_the_address(tasks: Tasks, network: Network) -> None:
    network.silent = True
    with anyio.fail_after(LONGEST):
        with pytest.raises(EngineUnavailable, match=f":{network.port} cannot be reached: ."):
            async with tasks.running():
                pass
        await silence(network)
        async with tasks.running():
            pass
