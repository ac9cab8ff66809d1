"""`cancelled_in_thread`: what a cancelled caller calls before it waits for its thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import anyio
import pytest

from armillary.concurrency import Limiter, cancelled_in_thread, run_in_threadpool

pytestmark = pytest.mark.anyio


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


async def test_it_is_called_at_the_cancellation_and_the_caller_waits_for_its_thread(release: threading.Event) -> None:
    limiter = Limiter("one", 1)
    seen: list[object] = []

    async def hook() -> None:
        await anyio.sleep(0)
        seen.append(("in use", limiter.in_use))
        release.set()

    def work() -> None:
        release.wait(5)
        seen.append("ended")

    async def call() -> None:
        cancelled_in_thread.set(hook)
        with anyio.move_on_after(0.1) as scope:
            await limiter.run(work)
        seen.append(scope.cancelled_caught)

    async with anyio.create_task_group() as group:
        group.start_soon(call)
    assert seen == [("in use", 1), "ended", True]
    assert limiter.in_use == 0


async def test_it_is_not_called_if_the_function_ends_or_fails() -> None:
    called: list[object] = []

    async def hook() -> None:
        called.append("hook")

    token = cancelled_in_thread.set(hook)
    try:
        assert await run_in_threadpool(int) == 0
        with pytest.raises(ValueError):
            await run_in_threadpool(int, "x")
    finally:
        cancelled_in_thread.reset(token)
    assert called == []


async def test_the_caller_waits_for_its_thread_though_the_hook_fails(release: threading.Event) -> None:
    ended: list[bool] = []

    async def hook() -> None:
        threading.Timer(0.05, release.set).start()
        raise OSError("the client has left")

    def work() -> None:
        release.wait(5)
        ended.append(True)

    async def call() -> None:
        cancelled_in_thread.set(hook)
        with anyio.move_on_after(0.1), pytest.raises(OSError, match="left"):
            await run_in_threadpool(work)
        assert ended == [True]

    async with anyio.create_task_group() as group:
        group.start_soon(call)


async def test_a_call_that_abandons_its_thread_leaves_at_once(release: threading.Event) -> None:
    called: list[object] = []

    async def hook() -> None:
        called.append("hook")

    token = cancelled_in_thread.set(hook)
    try:
        with anyio.move_on_after(0.1):
            await Limiter("one", 1).run(partial(release.wait, 5), abandon_on_cancel=True)
    finally:
        cancelled_in_thread.reset(token)
    assert not release.is_set()
    assert called == []
