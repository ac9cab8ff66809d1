from __future__ import annotations

import threading
from collections import deque
from contextvars import ContextVar

import anyio
import pytest

from armillary.concurrency import FILES, Overloaded, run_detached

pytestmark = pytest.mark.anyio


async def test_function_runs_in_another_thread_and_its_result_comes_back() -> None:
    assert await run_detached(threading.get_ident) != threading.get_ident()


async def test_exception_comes_back_as_itself() -> None:
    error = LookupError("nothing")

    def fail() -> None:
        raise error

    with pytest.raises(LookupError) as caught:
        await run_detached(fail)
    assert caught.value is error


async def test_stop_iteration_is_an_error_and_not_an_endless_wait() -> None:
    def fail() -> None:
        raise StopIteration

    with anyio.fail_after(5), pytest.raises(RuntimeError, match="StopIteration"):
        await run_detached(fail)
    assert FILES.in_use == 0


async def test_thread_that_cannot_be_started_keeps_no_place(
    anyio_backend_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_to_start(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    module = "armillary.concurrency._workers"
    monkeypatch.setattr(f"{module}._idle", deque())
    monkeypatch.setattr(f"{module}._Worker.start", fail_to_start)
    if anyio_backend_name == "trio":
        return  # which starts its own threads
    with pytest.raises(RuntimeError, match="can't start"):
        await run_detached(int)
    assert FILES.in_use == 0


async def test_no_more_calls_run_at_once_than_the_limiter_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FILES, "_size", 3)
    lock, running, most = threading.Lock(), 0, 0

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.005)
        with lock:
            running -= 1

    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(run_detached, work)
    assert most <= 3
    assert FILES.in_use == 0


async def test_overload_is_what_the_limiter_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FILES, "_size", 1)
    monkeypatch.setattr(FILES, "_max_wait", 0)
    release = threading.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(run_detached, release.wait)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(Overloaded):
            await run_detached(int)
        release.set()


async def test_cancelled_caller_does_not_free_the_place_before_the_thread_is_done(anyio_backend_name: str) -> None:
    if anyio_backend_name == "trio":
        # The general hop makes its caller wait for the thread, place and all.
        with anyio.move_on_after(0.01):
            await run_detached(lambda: threading.Event().wait(0.02))
        assert FILES.in_use == 0
        return
    release = threading.Event()
    with anyio.move_on_after(0.01) as scope:
        await run_detached(release.wait)
    assert scope.cancelled_caught
    assert FILES.in_use == 1
    release.set()
    with anyio.fail_after(2):
        while FILES.in_use:
            await anyio.sleep(0.001)


async def test_caller_keeps_its_context() -> None:
    variable: ContextVar[int] = ContextVar("variable")
    variable.set(1)
    await run_detached(lambda: None)
    assert variable.get() == 1
