"""A coroutine with a time limit, whose timer is set only when it suspends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from armillary.graphql.execution._operation_state import LateResult, OperationState
from armillary.graphql.execution._time_limit import ResultTime, in_time

pytestmark = pytest.mark.anyio


def state(seconds: float | None) -> OperationState:
    return OperationState("query", None, seconds, LateResult)


async def value(waits: int = 0) -> str:
    for _ in range(waits):
        await asyncio.sleep(0)
    return "value"


async def fail(waits: int = 0) -> str:
    await value(waits)
    raise TimeoutError("its own")


@pytest.mark.parametrize("waits", [0, 1, 3])
@pytest.mark.parametrize("seconds", [None, 5.0])
async def test_it_returns_and_raises_what_the_coroutine_does(waits: int, seconds: float | None) -> None:
    assert await in_time(value(waits), state(seconds)) == "value"
    with pytest.raises(TimeoutError, match="its own"):
        await in_time(fail(waits), state(seconds))


async def test_no_timer_is_set_for_a_coroutine_that_does_not_suspend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ResultTime, "start", None)
    assert await in_time(value(), state(5.0)) == "value"


async def test_it_is_cancelled_after_its_time_and_may_clean_up() -> None:
    seen: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append("cleaned up")

    with pytest.raises(LateResult, match=r"longer than 0\.05 seconds"):
        await in_time(slow(), state(0.05))
    assert seen == ["cleaned up"]
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_the_time_before_it_first_suspends_counts() -> None:
    async def busy() -> None:
        time.sleep(0.06)
        await asyncio.sleep(5)

    with pytest.raises(LateResult):
        await in_time(busy(), state(0.05))


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    task = asyncio.create_task(in_time(wait(), state(5.0)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_time_outs_tasks_and_groups_inside_work_as_usual() -> None:
    async def nested() -> list[Any]:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(5)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(value(2)) for _ in range(2)]
        swallowed: Awaitable[Any] = asyncio.create_task(fail(1))
        return [*(task.result() for task in tasks), *await asyncio.gather(swallowed, return_exceptions=True)]

    first, second, third = await in_time(nested(), state(5.0))
    assert (first, second, str(third)) == ("value", "value", "its own")
