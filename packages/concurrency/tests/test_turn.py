from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest

from armillary.concurrency import FairTurn, _turn as module, start_at_most, wait_at_most, yield_to_loop

pytestmark = pytest.mark.anyio


def freeze(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


def test_a_turn_is_due_after_64_messages_whatever_the_clock_says(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)
    turn = FairTurn()
    assert [turn.is_due() for _ in range(64)] == [False] * 63 + [True]


def test_a_turn_is_due_after_5_ms_at_the_next_eighth_message(monkeypatch: pytest.MonkeyPatch) -> None:
    now = freeze(monkeypatch)
    turn = FairTurn()
    now[0] = 0.005
    assert [turn.is_due() for _ in range(8)] == [False] * 7 + [True]


async def test_counting_begins_again_with_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    freeze(monkeypatch)
    turn = FairTurn()
    for _ in range(64):
        turn.is_due()
    await turn.give()
    assert [turn.is_due() for _ in range(64)] == [False] * 63 + [True]


async def test_a_loop_that_never_waits_lets_others_run_and_can_be_cancelled() -> None:
    sent = 0
    others = 0

    async def send_for_ever() -> None:
        nonlocal sent
        turn = FairTurn()
        while True:
            sent += 1
            if turn.is_due():
                await turn.give()

    async def other() -> None:
        nonlocal others
        for _ in range(3):
            others += 1
            await yield_to_loop()
        group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(send_for_ever)
        group.start_soon(other)
    assert others == 3
    assert sent <= 64 * 8


async def test_what_does_not_suspend_gives_its_result() -> None:
    async def at_once() -> str:
        return "done"

    assert await wait_at_most(1, at_once()) == "done"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_does_not_suspend_sets_no_timer_on_asyncio(
    monkeypatch: pytest.MonkeyPatch, anyio_backend: str
) -> None:
    async def at_once() -> str:
        return "done"

    def fail(*args: Any) -> Any:
        raise AssertionError("a timer was set")

    monkeypatch.setattr(asyncio.get_running_loop(), "call_later", fail)
    assert await wait_at_most(1, at_once()) == "done"


async def test_what_suspends_and_ends_in_time_gives_its_result() -> None:
    async def soon() -> str:
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
        await anyio.sleep(0.001)
        return "done"

    assert await wait_at_most(10, soon()) == "done"


async def test_what_takes_too_long_is_cancelled_and_cleaned_up_before_the_error() -> None:
    steps: list[str] = []

    async def slow() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            steps.append("cleaned up")

    with pytest.raises(TimeoutError, match=r"longer than 0\.01 s"):
        await wait_at_most(0.01, slow())
    assert steps == ["cleaned up"]


async def test_an_exception_before_and_after_the_suspension_is_passed_on() -> None:
    async def before() -> None:
        raise LookupError

    async def after() -> None:
        await anyio.lowlevel.checkpoint()
        raise LookupError

    for function in (before, after):
        with pytest.raises(LookupError):
            await wait_at_most(1, function())


async def test_the_cancellation_of_the_caller_is_no_time_out() -> None:
    with anyio.move_on_after(0.01) as scope:
        await wait_at_most(60, anyio.sleep_forever())
    assert scope.cancelled_caught


async def test_a_time_out_of_its_own_inside_is_passed_on_as_it_is() -> None:
    async def inner() -> None:
        await anyio.lowlevel.checkpoint()
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await wait_at_most(60, inner())


async def test_waits_may_be_nested() -> None:
    with pytest.raises(TimeoutError, match=r"longer than 0\.01 s"):
        await wait_at_most(60, wait_at_most(0.01, anyio.sleep_forever()))


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [None, 5])
async def test_what_does_not_suspend_has_ended_when_it_is_started(seconds: float | None) -> None:
    seen: list[str] = []

    async def send() -> None:
        seen.append("sent")

    rest = start_at_most(seconds, send())
    if rest is not None:  # trio has nothing but scopes, which are entered first
        await rest
    assert seen == ["sent"]


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [None, 5])
async def test_what_suspends_is_awaited_to_its_end(seconds: float | None) -> None:
    seen: list[str] = []

    async def send() -> None:
        await anyio.sleep(0.001)
        await anyio.sleep(0.001)
        seen.append("sent")

    rest = start_at_most(seconds, send())
    assert rest is not None
    assert seen == []
    await rest
    assert seen == ["sent"]


@pytest.mark.anyio
async def test_what_suspends_for_too_long_is_a_time_out() -> None:
    rest = start_at_most(0.01, anyio.sleep(60))
    assert rest is not None
    with pytest.raises(TimeoutError, match=r"longer than 0\.01 s"):
        await rest


@pytest.mark.anyio
async def test_an_error_before_the_first_suspension_is_raised() -> None:
    async def send() -> None:
        raise OSError("disconnected")

    with pytest.raises(OSError, match="disconnected"):
        rest = start_at_most(5, send())
        assert rest is not None
        await rest
