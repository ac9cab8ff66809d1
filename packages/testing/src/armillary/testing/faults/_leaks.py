"""What a run leaves behind."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import anyio

_SECONDS_BETWEEN = 0.005
_ALLOWED_THREADS = 10  # pools keep some that are idle


_started: ContextVar[set[asyncio.Task[Any]] | None] = ContextVar("armillary.testing.faults.started", default=None)


class TaskFactory:
    """Keeps what tasks of asyncio a run starts, directly or not, and no others: `with TaskFactory(is_on_trio)`."""

    def __init__(self, is_on_trio: bool) -> None:
        self._loop = None if is_on_trio else asyncio.get_running_loop()

    def __enter__(self) -> None:
        if self._loop is not None:
            self._factory = self._loop.get_task_factory()
            self._loop.set_task_factory(self._create)

    def __exit__(self, *_: object) -> None:
        if self._loop is not None:
            self._loop.set_task_factory(self._factory)

    def _create(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> Any:
        make: Any = self._factory
        task = asyncio.Task(coroutine, loop=loop, **options) if make is None else make(loop, coroutine, **options)
        started = _started.get()
        if started is not None:  # the context of a run, which its tasks inherit
            started.add(task)
        return task


class TaskCount:
    """The tasks that are started in its block: `with TaskCount(is_on_trio) as tasks`, within a `TaskFactory`."""

    def __init__(self, is_on_trio: bool) -> None:
        self._is_on_trio = is_on_trio
        self._started: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> TaskCount:
        self._living = self._count_on_trio()
        self._token = _started.set(self._started)
        return self

    def __exit__(self, *_: object) -> None:
        _started.reset(self._token)

    def _count_on_trio(self) -> int:
        if not self._is_on_trio:
            return 0
        trio: Any = sys.modules["trio"]  # who runs on it has loaded it
        living: int = trio.lowlevel.current_statistics().tasks_living
        return living

    def _running(self) -> set[asyncio.Task[Any]]:
        return {task for task in self._started if not task.done()}

    async def leaked(self, seconds: float) -> str | None:
        """Return what still runs after so many seconds, and cancel it where that is possible."""
        if await _comes_true(lambda: not self._running() and self._count_on_trio() <= self._living, seconds):
            return None
        if self._is_on_trio:
            return f"{self._count_on_trio() - self._living} tasks still run"
        extra = self._running()
        for task in extra:
            task.cancel()
        names = sorted({getattr(task.get_coro(), "__qualname__", "?") for task in extra})
        return f"{len(extra)} tasks still run: {', '.join(names)}"


async def _comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether a condition holds within so many seconds."""
    deadline = anyio.current_time() + seconds
    while not condition():
        if anyio.current_time() >= deadline:
            return False
        await anyio.sleep(_SECONDS_BETWEEN)
    return True


async def leaked_gauges(
    gauges: Mapping[str, Callable[[], float]], before: Mapping[str, float], seconds: float
) -> list[str]:
    """Return which numbers are not back, after so many seconds, to what they were."""

    def higher() -> list[str]:
        return [name for name, value in before.items() if gauges[name]() > value]

    if await _comes_true(lambda: not higher(), seconds):
        return []
    return [f"{name} was {before[name]:g} and is {gauges[name]():g}" for name in higher()]


def open_descriptors() -> Counter[str]:
    """Return what the descriptors of this process refer to, where the system tells; sockets and pipes are counted."""
    found: Counter[str] = Counter()
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return found
    for name in names:
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        kind, separator, _ = target.partition(":")
        found[kind if separator and "/" not in kind else target] += 1
    return found


class Leftovers:
    """Threads and descriptors over many runs."""

    def __init__(self) -> None:
        gc.collect()
        self._descriptors = open_descriptors()
        self._threads = threading.active_count()

    async def found(self, seconds: float) -> list[tuple[str, str]]:
        """Return kind and detail of what is left after so many seconds."""
        gc.collect()
        await _comes_true(lambda: not open_descriptors() - self._descriptors, seconds)
        found: list[tuple[str, str]] = []
        more = open_descriptors() - self._descriptors
        if more:
            found.append(("leaked descriptor", ", ".join(f"{count} of {name}" for name, count in sorted(more.items()))))
        threads = threading.active_count() - self._threads
        if threads > _ALLOWED_THREADS:
            found.append(("leaked thread", f"{threads} more threads than before"))
        return found


class Unhandled:
    """What the event loop and the interpreter report, as nobody else does: `with Unhandled() as unhandled`."""

    def __init__(self, is_on_trio: bool) -> None:
        self._loop = None if is_on_trio else asyncio.get_running_loop()
        self._messages: list[str] = []

    def __enter__(self) -> Unhandled:
        self._hook = sys.unraisablehook
        sys.unraisablehook = self._record
        if self._loop is not None:
            self._handler = self._loop.get_exception_handler()
            self._loop.set_exception_handler(self._record_of_loop)
        return self

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self._hook
        if self._loop is not None:
            self._loop.set_exception_handler(self._handler)

    def _record(self, unraisable: Any) -> None:
        self._messages.append(f"{unraisable.exc_type.__name__}: {unraisable.exc_value}")

    def _record_of_loop(self, loop: object, context: dict[str, Any]) -> None:
        self._messages.append(f"{context.get('message')}: {context.get('exception')!r}")

    def take(self) -> list[str]:
        """Return what was reported since the last call."""
        messages, self._messages = self._messages, []
        return messages
