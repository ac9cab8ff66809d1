"""Schedules under clocks that disagree, jump back or stand still."""

from __future__ import annotations

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
