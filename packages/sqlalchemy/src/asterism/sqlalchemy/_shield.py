"""Work that is carried to its end when the request is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

UNFINISHED: Final[set[asyncio.Task[None]]] = set()
"""Work whose request was cancelled while it waited for it."""


async def run_shielded(work: Coroutine[Any, Any, None]) -> None:
    """Await `work`; when this task is cancelled meanwhile, the work goes on without it."""
    task = asyncio.get_running_loop().create_task(work)
    UNFINISHED.add(task)
    task.add_done_callback(UNFINISHED.discard)
    await asyncio.shield(task)


async def finish_shielded() -> None:
    """Wait for what this event loop still has to finish."""
    loop = asyncio.get_running_loop()
    tasks = [task for task in UNFINISHED if task.get_loop() is loop]
    if tasks:
        await asyncio.wait(tasks)
