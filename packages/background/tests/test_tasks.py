from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import anyio
import pytest

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.background import BackgroundTask, BackgroundTasks, Stopping, TaskOptions


@pytest.mark.anyio
async def test_tasks_run_in_the_order_they_were_added() -> None:
    done: list[str] = []
    tasks = BackgroundTasks([BackgroundTask(done.append, "first")])
    tasks.add_task(done.append, "second")
    tasks.add(BackgroundTask(done.append, "third"))
    await tasks()
    assert done == ["first", "second", "third"]


@pytest.mark.anyio
async def test_a_task_added_by_a_task_runs_too() -> None:
    done: list[str] = []
    tasks = BackgroundTasks()
    tasks.add_task(lambda: tasks.add_task(done.append, "later"))
    await tasks()
    assert done == ["later"]


@pytest.mark.anyio
async def test_no_tasks_do_nothing() -> None:
    await BackgroundTasks()()


@pytest.mark.anyio
async def test_a_failing_task_does_not_drop_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []
    first, second = KeyError("first"), KeyError("second")

    def fail(error: Exception) -> None:
        raise error

    tasks = BackgroundTasks()
    tasks.add_task(fail, first)
    tasks.add_task(done.append, "between")
    tasks.add_task(fail, second)
    tasks.add_task(done.append, "last")
    with caplog.at_level(logging.ERROR), pytest.raises(KeyError) as caught:
        await tasks()
    assert done == ["between", "last"]
    assert caught.value is first
    assert [(record.name, record.exc_info and record.exc_info[1]) for record in caplog.records] == [
        ("armillary.background", second)
    ]


@pytest.mark.anyio
async def test_every_failure_reaches_the_hook_once() -> None:
    hooked: list[str] = []
    tasks = BackgroundTasks(options=TaskOptions(on_error=lambda task, exc: hooked.append(str(exc))))
    tasks.add_task(int, "x")
    tasks.add_task(int, "y")
    with pytest.raises(ValueError, match="'x'"):
        await tasks()
    assert [text[-3:] for text in hooked] == ["'x'", "'y'"]


@pytest.mark.anyio
async def test_with_isolation_off_the_first_failure_ends_the_run() -> None:
    class FailFast(BackgroundTasks):
        isolates_failures = False

    done: list[str] = []
    tasks = FailFast()
    tasks.add_task(int, "x")
    tasks.add_task(done.append, "never")
    with pytest.raises(ValueError):
        await tasks()
    assert done == []


@pytest.mark.anyio
@pytest.mark.parametrize("ends", ["cancelled", "exits"])
@pytest.mark.parametrize("stops_with_server", [False, True])
async def test_tasks_run_after_one_that_awaits_something_cancelled_or_exits(
    ends: str, stops_with_server: bool, anyio_backend_name: str
) -> None:
    done: list[str] = []

    async def end() -> None:
        if ends == "exits" or anyio_backend_name == "trio":
            sys.exit()
        other = asyncio.ensure_future(asyncio.sleep(5))
        other.cancel()
        await other

    tasks = BackgroundTasks()
    tasks.add_task(end)
    tasks.add_task(done.append, "after it")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tasks()

    async def nothing(*_: object) -> Message:
        raise AssertionError

    with pytest.raises(RuntimeError, match="ends no more than the task"):
        await (Stopping(app) if stops_with_server else app)({"type": "http"}, nothing, nothing)  # type: ignore[arg-type]
    assert done == ["after it"]


@pytest.mark.anyio
async def test_cancelling_the_run_starts_no_further_task() -> None:
    done: list[str] = []
    tasks = BackgroundTasks()
    tasks.add_task(anyio.sleep, 5)
    tasks.add_task(done.append, "never")
    with anyio.move_on_after(0.01):
        await tasks()
    assert done == []


def test_importing_the_package_loads_no_event_loop_and_no_logging() -> None:
    code = "import sys, armillary.background; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anyio", "asyncio", "trio", "inspect", "logging", "random"} & set(loaded)
