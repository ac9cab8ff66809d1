"""Work that is carried to its end when the request is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

UNFINISHED: Final[set[asyncio.Task[None]]] = set()
"""Work that may go on without the request it was begun for."""


def keep(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin work that nobody has to wait for."""
    task = asyncio.get_running_loop().create_task(work)
    UNFINISHED.add(task)
    task.add_done_callback(UNFINISHED.discard)
    return task


async def run_shielded(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; when this task is cancelled meanwhile, the work goes on without it."""
    await asyncio.shield(keep(work))


async def finish_shielded() -> None:
    """Wait for what this event loop still has to finish."""
    loop = asyncio.get_running_loop()
    tasks = [task for task in UNFINISHED if task.get_loop() is loop]
    if tasks:
        await asyncio.wait(tasks)
