"""A limiter of functions that do not call back into the event loop: the rules of the others, for half the time."""

from __future__ import annotations

import asyncio
import threading
import time
from contextvars import ContextVar

import anyio
import pytest

from armillary.concurrency import FILES, Limiter

pytestmark = pytest.mark.anyio

variable: ContextVar[str] = ContextVar("variable", default="unset")


@pytest.fixture
def limiter() -> Limiter:
    return Limiter("files of a test", 1, calls_back=False)


async def test_context_variables_flow_in_and_back(limiter: Limiter) -> None:
    variable.set("outside")

    def call() -> tuple[str, int]:
        seen = variable.get()
        variable.set("inside")
        return seen, threading.get_ident()

    seen, thread = await limiter.run(call)
    assert seen == "outside"
    assert variable.get() == "inside"
    assert thread != threading.get_ident()


async def test_an_exception_keeps_its_identity(limiter: Limiter) -> None:
    error = KeyError("x")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        await limiter.run(fail)
    assert caught.value is error
    assert limiter.in_use == 0


async def test_one_thread_serves_one_call_after_another(anyio_backend_name: str, limiter: Limiter) -> None:
    first = await limiter.run(threading.get_ident)
    again = await limiter.run(threading.get_ident)
    assert again == first or anyio_backend_name == "trio"  # whose threads are its own


async def test_a_cancelled_scope_waits_for_the_thread_and_gets_its_result(limiter: Limiter) -> None:
    results: list[str] = []

    def slow() -> str:
        time.sleep(0.05)
        return "done"

    with anyio.move_on_after(0.01):
        results.append(await limiter.run(slow))
    assert results == ["done"]


async def test_nothing_is_called_in_a_scope_that_is_cancelled_already(limiter: Limiter) -> None:
    called = threading.Event()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await limiter.run(called.set)
    assert scope.cancelled_caught
    assert not called.is_set()


async def test_an_abandoned_call_lets_its_caller_leave_at_once(limiter: Limiter) -> None:
    release = threading.Event()
    with anyio.move_on_after(0.01) as scope:
        await limiter.run(lambda: release.wait(5), abandon_on_cancel=True)
    assert scope.cancelled_caught
    release.set()


async def test_a_native_cancellation_waits_for_the_thread(anyio_backend_name: str, limiter: Limiter) -> None:
    if anyio_backend_name == "trio":
        return  # which has none
    release = threading.Event()
    task = asyncio.create_task(limiter.run(lambda: release.wait(5)))
    while not limiter.in_use:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.sleep(0.02)
    assert not task.done()
    assert limiter.in_use == 1
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert limiter.in_use == 0


def test_the_function_may_run_an_event_loop_of_its_own(anyio_backend_name: str, limiter: Limiter) -> None:
    async def inner() -> str:
        await anyio.sleep(0)
        return "inner"

    async def main() -> str:
        return await limiter.run(lambda: anyio.run(inner))

    assert anyio.run(main, backend=anyio_backend_name) == "inner"


async def test_files_do_not_call_back() -> None:
    assert not FILES.calls_back
