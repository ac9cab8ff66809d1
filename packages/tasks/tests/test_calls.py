"""What leaves the call of a task: its own errors as errors, and what ends the program as it is."""

from __future__ import annotations

import gc
from collections.abc import Awaitable, Generator
from typing import Any

import anyio
import pytest

from armillary.tasks._call import failing_alone

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("groups", [0, 1, 2])
async def test_an_interrupt_from_the_keyboard_is_raised_further_within_groups_too(groups: int) -> None:
    interrupt: BaseException = KeyboardInterrupt()
    for _ in range(groups):
        several: list[BaseException] = [ValueError("x"), interrupt]
        interrupt = BaseExceptionGroup("several", several)
    with pytest.raises(type(interrupt)) as raised, failing_alone():
        raise interrupt
    assert raised.value is interrupt


async def test_a_generator_exit_that_the_task_raises_is_its_error() -> None:
    with pytest.raises(RuntimeError, match="it raised GeneratorExit"), failing_alone():
        raise GeneratorExit


class Forever(Awaitable[None]):
    def __await__(self) -> Generator[Any, Any, None]:
        while True:
            yield None


async def call_and_track(raised: list[BaseException]) -> None:
    try:
        with failing_alone():
            await Forever()
    except BaseException as exc:
        raised.append(exc)
        raise


def test_one_that_is_closed_without_an_event_loop_ends_quietly() -> None:
    raised: list[BaseException] = []

    async def begin() -> Any:
        running = call_and_track(raised)
        running.send(None)
        return running

    anyio.run(begin).close()
    gc.collect()
    assert [type(exc) for exc in raised] == [GeneratorExit]


async def test_one_that_is_closed_by_another_task_ends_quietly() -> None:
    raised: list[BaseException] = []
    begun: list[Any] = []

    async def begin() -> None:
        begun.append(call_and_track(raised))
        begun[0].send(None)

    async with anyio.create_task_group() as group:
        group.start_soon(begin)
    begun[0].close()
    assert [type(exc) for exc in raised] == [GeneratorExit]
