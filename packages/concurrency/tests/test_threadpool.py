from __future__ import annotations

import contextvars
import subprocess
import sys
import threading
import time

import anyio
import pytest

from armillary.asgi_types import HTTPException
from armillary.concurrency import BACKGROUND, ENDPOINTS, FILES, Limiter, Overloaded, run_in_threadpool

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@pytest.mark.anyio
async def test_the_function_runs_in_another_thread_with_its_arguments() -> None:
    def call(a: int, *, b: int) -> tuple[int, int]:
        return a + b, threading.get_ident()

    result, thread = await run_in_threadpool(call, 1, b=2)
    assert result == 3
    assert thread != threading.get_ident()


@pytest.mark.anyio
async def test_an_exception_keeps_its_identity() -> None:
    error = KeyError("x")

    def fail() -> None:
        raise error

    with pytest.raises(KeyError) as caught:
        await run_in_threadpool(fail)
    assert caught.value is error


@pytest.mark.anyio
async def test_context_variables_flow_into_the_thread_and_back() -> None:
    variable.set("outside")

    def call() -> str:
        seen = variable.get()
        variable.set("inside")
        return seen

    assert await run_in_threadpool(call) == "outside"
    assert variable.get() == "inside"


@pytest.mark.anyio
async def test_context_variables_flow_back_from_a_failing_function() -> None:
    def call() -> None:
        variable.set("before the failure")
        raise LookupError

    with pytest.raises(LookupError):
        await run_in_threadpool(call)
    assert variable.get() == "before the failure"


@pytest.mark.anyio
async def test_carrying_context_back_does_not_compare_values() -> None:
    class Incomparable:
        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        __hash__ = None  # type: ignore[assignment]

    other: contextvars.ContextVar[object] = contextvars.ContextVar("other")
    other.set(Incomparable())
    await run_in_threadpool(lambda: other.set(Incomparable()))


@pytest.mark.anyio
async def test_the_async_library_is_still_known_after_the_call() -> None:
    await run_in_threadpool(lambda: variable.set("x"))
    await anyio.sleep(0)
    assert anyio.get_current_task().id


@pytest.mark.anyio
async def test_a_full_limiter_without_max_wait_waits() -> None:
    limiter = Limiter("one", 1)
    running: list[int] = []
    peak: list[int] = []

    def call() -> None:
        running.append(1)
        peak.append(len(running))
        time.sleep(0.01)
        running.pop()

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(limiter.run, call)
    assert peak == [1] * 5


@pytest.mark.anyio
@pytest.mark.parametrize("max_wait", [0, 0.02])
async def test_a_full_limiter_with_max_wait_fails_with_503(max_wait: float) -> None:
    limiter = Limiter("reports", 1, max_wait=max_wait, retry_after=2.5)
    release = threading.Event()
    started = anyio.Event()

    def hold() -> None:
        anyio.from_thread.run_sync(started.set)
        release.wait(5)

    async with anyio.create_task_group() as group:
        group.start_soon(limiter.run, hold)
        await started.wait()
        assert limiter.in_use == 1
        with pytest.raises(Overloaded) as caught:
            await run_in_threadpool(print, limiter=limiter)
        assert limiter.waiting == 0
        release.set()
    assert caught.value.status_code == 503
    assert caught.value.headers == {"Retry-After": "3"}
    assert caught.value.limiter == "reports"
    assert isinstance(caught.value, HTTPException)
    assert await run_in_threadpool(int, "1", limiter=limiter) == 1
    assert limiter.in_use == 0


@pytest.mark.anyio
async def test_a_thread_freed_within_max_wait_is_used() -> None:
    limiter = Limiter("one", 1, max_wait=5)
    done: list[int] = []
    async with anyio.create_task_group() as group:
        for number in range(4):
            group.start_soon(limiter.run, lambda number=number: done.append(number))  # type: ignore[misc]
    assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.anyio
async def test_a_failing_function_gives_its_place_back() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    for _ in range(3):
        with pytest.raises(ValueError):
            await run_in_threadpool(int, "x", limiter=limiter)


@pytest.mark.anyio
async def test_a_cancelled_call_keeps_its_place_until_the_thread_ends() -> None:
    limiter = Limiter("one", 1, max_wait=0)
    ended: list[float] = []

    def slow() -> None:
        time.sleep(0.05)
        ended.append(1)

    with anyio.move_on_after(0.01):
        await limiter.run(slow)
    assert ended == [1]
    assert limiter.in_use == 0


@pytest.mark.anyio
async def test_a_new_size_applies_from_the_next_call_on() -> None:
    limiter = Limiter("changing", 1)
    assert limiter.capacity().total_tokens == 1
    limiter.size = 3
    assert limiter.capacity().total_tokens == 3


@pytest.mark.anyio
async def test_one_purpose_does_not_starve_another() -> None:
    release = threading.Event()
    holder = Limiter("holder", 2)
    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(holder.run, lambda: release.wait(5))
        await anyio.sleep(0.01)
        with anyio.fail_after(2):
            assert await run_in_threadpool(int, "7", limiter=FILES) == 7
            assert await run_in_threadpool(int, "8", limiter=BACKGROUND) == 8
            assert await run_in_threadpool(int, "9") == 9
        release.set()


def test_each_event_loop_has_its_own_tokens() -> None:
    limiter = Limiter("loops", 1)
    capacities: list[object] = []

    async def ask() -> None:
        capacities.append(limiter.capacity())

    anyio.run(ask)
    anyio.run(ask)
    anyio.run(ask, backend="trio")
    assert len({id(capacity) for capacity in capacities}) == 3


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_rejected(size: int) -> None:
    with pytest.raises(ValueError, match="size of at least 1"):
        Limiter("x", size)


@pytest.mark.parametrize("size", ["4", 4.0, True])
def test_a_size_that_is_not_an_int_is_rejected(size: object) -> None:
    with pytest.raises(TypeError, match="size as an int"):
        Limiter("x", size)  # type: ignore[arg-type]


@pytest.mark.parametrize("max_wait", [-1, float("nan")])
def test_a_negative_wait_is_rejected(max_wait: float) -> None:
    with pytest.raises(ValueError, match="max_wait"):
        Limiter("x", max_wait=max_wait)


@pytest.mark.parametrize("retry_after", [-1, float("nan"), float("inf")])
def test_a_retry_after_that_is_no_number_of_seconds_is_rejected(retry_after: float) -> None:
    with pytest.raises(ValueError, match="retry_after"):
        Limiter("x", retry_after=retry_after)


def test_the_ready_made_limiters_are_named_for_their_purpose() -> None:
    assert [limiter.name for limiter in (ENDPOINTS, BACKGROUND, FILES)] == ["endpoints", "background", "files"]


def test_overloaded_survives_pickling() -> None:
    import pickle

    copy = pickle.loads(pickle.dumps(Overloaded("files", 3)))  # noqa: S301 - our own bytes
    assert (copy.limiter, copy.status_code, copy.headers) == ("files", 503, {"Retry-After": "3"})


@pytest.fixture
def fresh_modules() -> set[str]:
    code = "import sys, armillary.concurrency; print(*sys.modules)"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_importing_the_package_does_not_load_an_event_loop(fresh_modules: set[str]) -> None:
    assert not fresh_modules & {"anyio", "asyncio", "trio", "inspect", "sniffio", "logging"}
