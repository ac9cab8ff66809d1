"""A limiter of which every place is taken: calls inside of calls, the warning, and the figures for metrics."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import anyio
import anyio.from_thread
import pytest

from armillary.concurrency import (
    ENDPOINTS,
    Limiter,
    Overloaded,
    _place as place_module,
    iterate_in_threadpool,
    limiter_usage,
    run_in_threadpool,
)

pytestmark = pytest.mark.anyio


@contextmanager
def all_places_taken(group: anyio.abc.TaskGroup, limiter: Limiter) -> Iterator[None]:
    """Hold all places, once the calls have had a turn."""
    release = threading.Event()
    for _ in range(limiter.size):
        group.start_soon(limiter.run, partial(release.wait, 5))
    try:
        yield
    finally:
        release.set()


async def until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(5):
        while not condition():
            await anyio.sleep(0.001)


@pytest.mark.parametrize("size", [1, 3])
async def test_calls_that_each_start_one_more_do_not_wait_for_each_other(size: int) -> None:
    limiter = Limiter("nested", size)
    all_run = threading.Barrier(size)

    def inner() -> int:
        return 1

    def outer() -> int:
        all_run.wait(5)
        return anyio.from_thread.run(partial(run_in_threadpool, inner, limiter=limiter))

    results: list[int] = []

    async def call() -> None:
        results.append(await limiter.run(outer))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(size):
                group.start_soon(call)
    assert results == [1] * size
    assert (limiter.in_use, limiter.waiting) == (0, 0)


async def test_forty_plain_endpoints_that_each_start_one_more_call_all_end() -> None:
    all_run = threading.Barrier(ENDPOINTS.size)

    def endpoint() -> None:
        all_run.wait(5)
        anyio.from_thread.run(run_in_threadpool, int)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for _ in range(ENDPOINTS.size):
                group.start_soon(run_in_threadpool, endpoint)


async def test_calls_nest_to_any_depth() -> None:
    limiter = Limiter("deep", 1, max_wait=0)

    def count_down(left: int) -> int:
        if not left:
            return 0
        return 1 + anyio.from_thread.run(limiter.run, partial(count_down, left - 1))

    with anyio.fail_after(5):
        assert await limiter.run(partial(count_down, 5)) == 5


async def test_calls_started_together_inside_of_one_run_on_one_thread_beyond_the_limit() -> None:
    limiter = Limiter("one", 1)
    running: list[int] = []
    most: list[int] = []
    in_use: list[int] = []

    def inner() -> None:
        running.append(1)
        most.append(len(running))
        in_use.append(anyio.from_thread.run_sync(lambda: limiter.in_use))
        running.pop()

    async def start_four() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(limiter.run, inner)

    with anyio.fail_after(5):
        await limiter.run(lambda: anyio.from_thread.run(start_four))
    assert most == [1] * 4
    assert in_use == [2] * 4


async def test_a_call_by_a_task_that_outlives_the_call_it_was_started_in_is_not_inside_of_it() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    go_on = anyio.Event()
    outcomes: list[object] = []

    async def later() -> None:
        await go_on.wait()
        try:
            outcomes.append(await limiter.run(int))
        except Overloaded as exc:
            outcomes.append(exc.status_code)

    async with anyio.create_task_group() as outer:
        await limiter.run(lambda: anyio.from_thread.run_sync(outer.start_soon, later))
        async with anyio.create_task_group() as group:
            with all_places_taken(group, limiter):
                await until(lambda: limiter.in_use == 1)
                go_on.set()
                await until(lambda: bool(outcomes))
    assert outcomes == [503]


async def test_a_call_inside_of_one_under_another_limiter_keeps_that_limiters_wait() -> None:
    limiter = Limiter("reports", 1, max_wait=0)
    async with anyio.create_task_group() as group:
        with all_places_taken(group, limiter):
            await until(lambda: limiter.in_use == 1)
            with pytest.raises(Overloaded):
                await run_in_threadpool(lambda: anyio.from_thread.run(limiter.run, int))


async def test_a_call_inside_of_a_slot_does_not_wait_for_the_slot() -> None:
    limiter = Limiter("one", 1)
    with anyio.fail_after(5):
        async with limiter.slot():
            assert await limiter.run(int) == 0
    assert limiter.in_use == 0
    limiter.max_wait = 0
    async with anyio.create_task_group() as group:
        with all_places_taken(group, limiter):
            await until(lambda: limiter.in_use == 1)
            with pytest.raises(Overloaded):
                await limiter.run(int)


async def test_a_thread_sees_no_variable_of_the_limiter_flow_back() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    await limiter.run(int)
    assert place_module.current_place.get() is None


def test_endpoints_wait_thirty_seconds_for_a_thread() -> None:
    assert (ENDPOINTS.max_wait, ENDPOINTS.retry_after) == (30.0, 1.0)


async def test_the_next_item_of_an_iterator_waits_on() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    items = iterate_in_threadpool([1, 2], limiter=limiter)
    assert await anext(items) == 1
    found: list[int] = []

    async def fetch() -> None:
        found.append(await anext(items))

    async with anyio.create_task_group() as group:
        with all_places_taken(group, limiter):
            await until(lambda: limiter.in_use == 1)
            group.start_soon(fetch)
            await until(lambda: limiter.waiting == 1)
            assert found == []
    assert found == [2]
    await items.aclose()


async def test_a_limiter_that_stays_full_is_warned_about_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [0.0]
    monkeypatch.setattr(place_module, "monotonic", lambda: clock[0])
    caplog.set_level(logging.WARNING, "armillary.concurrency")
    limiter = Limiter("reports", 2)
    for round_of_calls in range(1, 3):
        async with anyio.create_task_group() as group:
            with all_places_taken(group, limiter):
                await until(lambda: limiter.in_use == 2)
                group.start_soon(limiter.run, int)
                await until(lambda: limiter.waiting == 1)
                assert len(caplog.messages) == round_of_calls - 1
                clock[0] += 5
                for waiting in (2, 3):
                    group.start_soon(limiter.run, int)
                    await until(lambda waiting=waiting: limiter.waiting == waiting)  # type: ignore[misc]
        assert len(caplog.messages) == round_of_calls
    assert caplog.messages[0] == (
        "all threads of the limiter 'reports' have been in use for 5 s: 2 calls run and 2 wait. Look for a function "
        "that blocks for long, or give the limiter a larger size (now 2)"
    )


async def test_a_call_that_waits_a_moment_is_not_warned_about(caplog: pytest.LogCaptureFixture) -> None:
    limiter = Limiter("reports", 1)
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(limiter.run, int)
    assert caplog.messages == []


async def test_the_usage_of_each_limiter_can_be_read_from_any_thread() -> None:
    limiter = Limiter("metered", 2, max_wait=0)
    async with anyio.create_task_group() as group:
        with all_places_taken(group, limiter):
            await until(lambda: limiter.in_use == 2)
            for _ in range(3):
                with pytest.raises(Overloaded):
                    await limiter.run(int)
            usages = await run_in_threadpool(limiter_usage)
            assert limiter.rejected == 3
    assert [usage for usage in usages if usage.name == "metered"] == [("metered", 2, 2, 0, 3)]
    assert {"endpoints", "background", "files"} <= {usage.name for usage in usages}
    assert limiter.usage() == ("metered", 2, 0, 0, 3)


def test_the_usage_of_a_limiter_sums_over_event_loops_and_forgets_those_that_ended() -> None:
    limiter = Limiter("metered", 1)
    seen: list[int] = []

    async def read() -> None:
        async with limiter.slot():
            seen.append(limiter.usage().in_use)

    anyio.run(read)
    anyio.run(read)
    assert seen == [1, 1]
    assert limiter.usage().in_use == 0
