"""What a run leaves behind."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import anyio

_LOOKS = 40
_SECONDS_BETWEEN = 0.005
_ALLOWED_THREADS = 10  # pools keep some that are idle


class TaskCount:
    """The tasks of the event loop."""

    def __init__(self, is_on_trio: bool) -> None:
        self._is_on_trio = is_on_trio
        self._before = self._tasks()

    def _tasks(self) -> Any:
        if not self._is_on_trio:
            return asyncio.all_tasks()
        trio: Any = sys.modules["trio"]  # who runs on it has loaded it
        return trio.lowlevel.current_statistics().tasks_living

    async def leaked(self) -> str | None:
        """Return what still runs a moment later, and cancel it where that is possible."""
        for _ in range(_LOOKS):
            now = self._tasks()
            if (now <= self._before) if self._is_on_trio else not (now - self._before):
                return None
            await anyio.sleep(_SECONDS_BETWEEN)
        if self._is_on_trio:
            return f"{self._tasks() - self._before} tasks still run"
        extra: set[asyncio.Task[Any]] = self._tasks() - self._before
        for task in extra:
            task.cancel()
        names = sorted({getattr(task.get_coro(), "__qualname__", "?") for task in extra})
        return f"{len(extra)} tasks still run: {', '.join(names)}" if extra else None


async def leaked_gauges(gauges: Mapping[str, Callable[[], float]], before: Mapping[str, float]) -> list[str]:
    """Return which numbers did not come back to what they were."""
    higher: list[str] = []
    for _ in range(_LOOKS):
        higher = [name for name, value in before.items() if gauges[name]() > value]
        if not higher:
            return []
        await anyio.sleep(_SECONDS_BETWEEN)
    return [f"{name} was {before[name]:g} and is {gauges[name]():g}" for name in higher]


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

    async def found(self) -> list[tuple[str, str]]:
        """Return kind and detail of what was left."""
        gc.collect()
        await anyio.sleep(0.05)
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
