"""Schedules under clocks that disagree, jump back or stand still."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from armillary.tasks import Every, Tasks
from armillary.tasks._scheduler import LONGEST_GAP, Scheduler

pytestmark = pytest.mark.anyio
START = 1_800_000_000.0


@pytest.fixture
def tasks() -> Tasks:
    return Tasks()


async def enqueued_at(tasks: Tasks, *clocks: float) -> int:
    """Return how often the task of each minute is enqueued, by workers in turn whose clocks show these times."""
    sent = 0
    send = tasks.engine.send

    async def counted(identity: str, task: str, data: bytes, priority: int) -> None:
        nonlocal sent
        sent += 1
        await send(identity, task, data, priority)

    tasks.engine.send = counted  # type: ignore[method-assign]

    @tasks.task(schedule=Every(60))
    async def minute() -> None: ...

    async with tasks.running():
        workers = [Scheduler(tasks, b"one"), Scheduler(tasks, b"two")]
        for number, clock in enumerate(clocks):
            await workers[number % 2].enqueue_scheduled(START + clock)
    return sent


@pytest.mark.parametrize(
    ("clocks", "times"),
    [
        ((0, 61, 62, 121), 2),
        ((0, 61, 59, 61, 62), 1),
        ((0, 125, 61, 62, 119, 126), 1),
        ((0, 61, 0, 61, 121, 61, 121), 2),
        ((0, 61, 61, 61), 1),
        ((0, LONGEST_GAP * 5), 1),
    ],
    ids=["in order", "a second behind", "a minute ahead", "set back", "standing still", "far ahead"],
)
async def test_each_time_is_enqueued_once_whatever_the_clocks_show(
    tasks: Tasks, clocks: tuple[float, ...], times: int
) -> None:
    assert await enqueued_at(tasks, *clocks) == times


async def test_a_worker_that_ends_before_it_has_recorded_what_it_enqueued_causes_no_second_run(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[float] = []

    @tasks.task(schedule=Every(60))
    async def minute() -> None:
        ran.append(anyio.current_time())

    async with tasks.running():
        worker, other = Scheduler(tasks, b"one"), Scheduler(tasks, b"two")
        await worker.enqueue_scheduled(START)
        keep = tasks.engine.state.set

        async def fail_to_record(key: str, value: bytes, ttl: float) -> None:
            if key == "scheduled-until":
                raise ConnectionError
            await keep(key, value, ttl)

        monkeypatch.setattr(tasks.engine.state, "set", fail_to_record)
        with pytest.raises(ConnectionError):
            await worker.enqueue_scheduled(START + 61)
        monkeypatch.setattr(tasks.engine.state, "set", keep)
        await other.enqueue_scheduled(START + 62)
        with anyio.fail_after(10):
            while not ran:
                await anyio.sleep(0.01)
        await anyio.sleep(0.1)
    assert len(ran) == 1


async def test_of_several_schedulers_one_looks_at_what_is_due(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []

    async def look(scheduler: Scheduler, now: float) -> None:
        looked.append(scheduler)

    monkeypatch.setattr(Scheduler, "enqueue_scheduled", look)
    async with tasks.running(), anyio.create_task_group() as group:
        for name in (b"one", b"two", b"three"):
            group.start_soon(Scheduler(tasks, name).run)
        with anyio.fail_after(10):
            while len(looked) < 3:
                await anyio.sleep(0.05)
        group.cancel_scope.cancel()
    assert len(set(looked)) == 1
