"""Which event loop runs the current task. Nothing is imported: who runs on a loop has loaded it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Task


def asyncio_task() -> Task[Any] | None:
    """Return the current task of asyncio; None under trio, even in its guest mode on asyncio."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        return None
    try:
        task: Task[Any] | None = asyncio.current_task()
    except RuntimeError:  # no event loop of asyncio runs
        return None
    return task


def asyncio_loop() -> AbstractEventLoop | None:
    """Return the loop of asyncio that runs the current task; None under trio."""
    task = asyncio_task()
    return None if task is None else task.get_loop()


def is_on_trio() -> bool:
    """Return whether the current task is one of trio's; False where no event loop runs."""
    trio: Any = sys.modules.get("trio")
    if trio is None or asyncio_task() is not None:
        return False
    runs: bool = trio.lowlevel.in_trio_task()
    return runs


def require_asyncio(what: str, advice: str) -> None:
    """Raise an error unless asyncio runs in this thread: for what stands on a library that supports nothing else.

    Args:
        what: what needs it, at the beginning of a sentence: "RedisStore".
        advice: what to do instead, at its end: "under trio use MemoryStore".

    Raises:
        RuntimeError: trio runs, or no event loop.
    """
    try:
        import asyncio

        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(f"{what} needs asyncio, as the library under it does; {advice}") from None
