from __future__ import annotations

import asyncio
import contextvars
import functools
import re
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from armillary.background import BackgroundTask, BackgroundTasks, TaskOptions, TaskRetry
from armillary.concurrency import BACKGROUND, ENDPOINTS, Limiter

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


@pytest.mark.anyio
async def test_an_async_function_runs_in_the_same_task() -> None:
    async def work(value: str, *, suffix: str) -> None:
        variable.set(value + suffix)

    await BackgroundTask(work, "a", suffix="b")()
    assert variable.get() == "ab"


@pytest.mark.anyio
async def test_a_sync_function_runs_in_a_thread() -> None:
    threads: list[int] = []
    await BackgroundTask(lambda: threads.append(threading.get_ident()))()
    assert threads
    assert threads != [threading.get_ident()]


def test_a_task_shows_what_it_will_call() -> None:
    async def work() -> None: ...

    task = BackgroundTask(work, 1, key=2)  # type: ignore[call-arg]
    assert (task.func, task.args, task.kwargs, task.is_async) == (work, (1,), {"key": 2}, True)
    assert task.name.endswith("work")
    assert BackgroundTask(functools.partial(print, 1)).name == "print"
    assert "print" in repr(BackgroundTask(print))


@pytest.mark.anyio
async def test_a_task_can_be_run_again() -> None:
    calls: list[int] = []
    task = BackgroundTask(calls.append, 1)
    await task()
    await task()
    assert calls == [1, 1]


@pytest.mark.anyio
async def test_sync_tasks_do_not_use_the_threads_of_endpoints() -> None:
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.append(anyio.from_thread.run_sync(lambda: (BACKGROUND.in_use, ENDPOINTS.in_use)))

    await BackgroundTask(look)()
    assert seen == [(1, 0)]


@pytest.mark.anyio
async def test_options_choose_the_limiter() -> None:
    limiter = Limiter("mail", 1)
    seen: list[int] = []

    def look() -> None:
        seen.append(anyio.from_thread.run_sync(lambda: limiter.in_use))

    await TaskOptions(limiter=limiter)(look)()
    assert seen == [1]


@pytest.mark.anyio
async def test_an_async_task_that_takes_too_long_fails_with_a_time_out() -> None:
    cancelled: list[bool] = []

    async def slow() -> None:
        try:
            await anyio.sleep(5)
        except BaseException:
            cancelled.append(True)
            raise

    with pytest.raises(TimeoutError, match=r"slow took longer than 0\.01 seconds"):
        await TaskOptions(timeout=0.01)(slow)()
    assert cancelled == [True]


@pytest.mark.anyio
async def test_a_sync_task_that_takes_too_long_fails_at_once_though_its_thread_continues() -> None:
    started = time.monotonic()
    release = threading.Event()
    with pytest.raises(TimeoutError):
        await TaskOptions(timeout=0.02)(release.wait, 5)()
    release.set()
    assert time.monotonic() - started < 2


@pytest.mark.anyio
async def test_a_failed_task_is_retried_with_growing_delays() -> None:
    calls: list[float] = []

    async def flaky() -> None:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise OSError("not yet")

    await TaskOptions(retry=TaskRetry(3, delay=0.01, factor=3, jitter=0))(flaky)()
    assert len(calls) == 3
    assert calls[1] - calls[0] > 0.009
    assert calls[2] - calls[1] > 0.029


@pytest.mark.anyio
async def test_the_exception_of_the_last_attempt_is_raised_and_passed_to_the_hook_once() -> None:
    calls: list[int] = []
    hooked: list[tuple[str, str]] = []

    def fail() -> None:
        calls.append(1)
        raise OSError(f"attempt {len(calls)}")

    options = TaskOptions(
        retry=TaskRetry(2, delay=0), on_error=lambda task, exc: hooked.append((task.name.rpartition(".")[2], str(exc)))
    )
    with pytest.raises(OSError, match="attempt 2"):
        await options(fail)()
    assert hooked == [("fail", "attempt 2")]


@pytest.mark.anyio
async def test_an_exception_outside_on_is_not_retried() -> None:
    calls: list[int] = []

    async def fail() -> None:
        calls.append(1)
        raise KeyError

    with pytest.raises(KeyError):
        await TaskOptions(retry=TaskRetry(5, delay=0, on=OSError))(fail)()
    assert calls == [1]


@pytest.mark.anyio
async def test_the_hook_may_be_async() -> None:
    hooked: list[Exception] = []

    async def hook(task: BackgroundTask, exc: Exception) -> None:
        await anyio.sleep(0)
        hooked.append(exc)

    with pytest.raises(ZeroDivisionError) as caught:
        await TaskOptions(on_error=hook)(lambda: 1 / 0)()
    assert hooked == [caught.value]


def test_delays_are_bounded_and_drawn_within_the_jitter() -> None:
    retry = TaskRetry(6, delay=1, factor=10, max_delay=50, jitter=0.5)
    assert list(retry.delays(lambda low, high: low)) == [0.5, 5, 25, 25, 25]
    assert list(retry.delays(lambda low, high: high)) == [1, 10, 50, 50, 50]
    assert all(0 <= delay <= 50 for delay in retry.delays())


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"attempts": 1}, "attempts"),
        ({"delay": -1}, "delay"),
        ({"max_delay": -1}, "max_delay"),
        ({"factor": 0.5}, "factor"),
        ({"jitter": 2}, "jitter"),
        ({"delay": float("nan")}, "delay"),
        ({"max_delay": float("nan")}, "max_delay"),
        ({"factor": float("nan")}, "factor"),
    ],
)
def test_a_retry_out_of_range_is_rejected(arguments: dict[str, float], name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TaskRetry(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "on", [[OSError, ValueError], "OSError", BaseException, (OSError, KeyboardInterrupt), OSError()]
)
def test_a_retry_on_something_other_than_exception_classes_is_rejected(on: Any) -> None:
    with pytest.raises(TypeError, match="TaskRetry takes on as a subclass of Exception or a tuple of them, got"):
        TaskRetry(on=on)


def test_a_retry_of_half_an_attempt_is_rejected() -> None:
    with pytest.raises(TypeError, match=r"TaskRetry takes attempts as an int, got 2\.5"):
        TaskRetry(2.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"retry": 3}, r"TaskOptions takes retry as a TaskRetry or None, got 3"),
        ({"limiter": 20}, r"TaskOptions takes limiter as a Limiter, got 20"),
        ({"on_error": "log"}, r"TaskOptions takes on_error as a function of the task and its exception, got 'log'"),
    ],
)
def test_options_that_would_fail_with_the_task_are_rejected(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        TaskOptions(**options)


def test_a_call_in_place_of_a_function_is_rejected() -> None:
    def send() -> None: ...

    with pytest.raises(TypeError, match=r"BackgroundTask needs a function, got None; pass its arguments after it"):
        BackgroundTask(send())  # type: ignore[arg-type, func-returns-value]
    with pytest.raises(TypeError, match="needs a function"):
        BackgroundTasks().add_task("send")  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_time_out_that_is_not_positive_is_rejected(timeout: float) -> None:
    with pytest.raises(ValueError, match="timeout"):
        TaskOptions(timeout=timeout)


@pytest.mark.anyio
async def test_a_task_that_is_cancelled_is_logged_by_its_name(caplog: pytest.LogCaptureFixture) -> None:
    async def count_the_stars() -> None:
        await anyio.sleep_forever()

    with anyio.move_on_after(0.01) as limit:
        await BackgroundTask(count_the_stars)()
    assert limit.cancelled_caught
    [record] = caplog.records
    assert re.search(r"count_the_stars was cancelled after \d\.\d seconds$", record.getMessage())


@pytest.mark.anyio
async def test_ctrl_c_is_not_logged_as_a_cancellation(caplog: pytest.LogCaptureFixture) -> None:
    async def leave() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await BackgroundTask(leave)()
    assert not caplog.records


@pytest.mark.anyio
@pytest.mark.parametrize("timeout", [None, 5])
async def test_a_task_that_exits_the_program_fails_alone(
    timeout: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave() -> None:
        sys.exit(3)

    for function in (leave, sys.exit):
        with pytest.raises(RuntimeError, match="raised SystemExit, which ends no more than the task") as raised:
            await TaskOptions(timeout=timeout)(function)()
        assert isinstance(raised.value.__cause__, SystemExit)
    assert not caplog.records


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_a_task_that_awaits_something_cancelled_fails_and_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[int] = []

    async def wait_for_another() -> None:
        calls.append(1)
        other = asyncio.ensure_future(asyncio.sleep(5))
        other.cancel()
        await other

    with pytest.raises(RuntimeError, match="raised CancelledError") as raised:
        await TaskOptions(retry=TaskRetry(2, delay=0))(wait_for_another)()
    assert isinstance(raised.value.__cause__, asyncio.CancelledError)
    assert len(calls) == 2
    assert not caplog.records


def test_a_task_that_is_closed_without_an_event_loop_is_not_logged_as_cancelled(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Suspended:
        def __await__(self) -> Iterator[None]:
            yield

    async def wait() -> None:
        await Suspended()

    task = BackgroundTask(wait)()
    task.send(None)
    task.close()
    assert not caplog.records
