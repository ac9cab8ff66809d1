"""Callers that asyncio cancels natively, past anyio's shields."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

import pytest

from armillary.concurrency import Limiter, run_in_threadpool, wait_at_most

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    """Trio has no native cancellation."""
    return asyncio_backend


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("max_wait", [None, 0])
async def test_the_caller_waits_for_its_thread_and_keeps_its_place(max_wait: float | None) -> None:
    limiter = Limiter("one", 1, max_wait=max_wait)
    release = threading.Event()
    task = asyncio.create_task(limiter.run(partial(release.wait, 5)))
    await eventually(lambda: limiter.in_use == 1)
    await asyncio.sleep(0.02)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        assert limiter.in_use == 1
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert limiter.in_use == 0


@pytest.mark.parametrize("how", ["asyncio.timeout", "wait_at_most"])
async def test_a_time_out_ends_once_the_thread_has(how: str) -> None:
    ended: list[bool] = []
    release = threading.Event()  # set late enough for the thread of a busy machine to have begun before the time-out

    def work() -> None:
        release.wait(5)
        ended.append(True)

    asyncio.get_running_loop().call_later(0.5, release.set)
    with pytest.raises(TimeoutError):
        if how == "wait_at_most":
            await wait_at_most(0.3, run_in_threadpool(work))
        else:
            async with asyncio.timeout(0.3):
                await run_in_threadpool(work)
    assert ended == [True]


async def test_no_more_threads_run_than_places_however_many_callers_are_cancelled() -> None:
    limiter = Limiter("two", 2)
    running = most = 0
    lock, release = threading.Lock(), threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        release.wait(5)
        with lock:
            running -= 1

    tasks = [asyncio.create_task(limiter.run(work)) for _ in range(8)]
    await eventually(lambda: running == 2)
    for task in tasks:
        task.cancel()
    await asyncio.sleep(0.05)
    assert (running, limiter.in_use) == (2, 2)
    release.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (running, most, limiter.in_use) == (0, 2, 0)


async def test_a_caller_cancelled_before_a_thread_took_its_call_leaves_at_once() -> None:
    called: list[bool] = []
    task = asyncio.create_task(run_in_threadpool(called.append, True))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.02)
    assert called == []


async def test_a_caller_that_abandons_leaves_at_once() -> None:
    limiter = Limiter("one", 1)
    release = threading.Event()
    task = asyncio.create_task(limiter.run(partial(release.wait, 5), abandon_on_cancel=True))
    await eventually(lambda: limiter.in_use == 1)
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert limiter.in_use == 0
    release.set()


async def test_context_variables_flow_back_to_a_cancelled_caller() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="unset")
    release = threading.Event()

    def work() -> None:
        release.wait(5)
        variable.set("in the thread")

    asyncio.get_running_loop().call_later(0.5, release.set)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await run_in_threadpool(work)
    assert variable.get() == "in the thread"
