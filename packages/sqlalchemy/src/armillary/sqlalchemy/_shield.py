"""Work that is completed even if the request is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

UNFINISHED_TASKS: Final[set[asyncio.Task[None]]] = set()
"""Tasks that may outlive the request they were started for."""


def start_detached(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start work that nothing needs to await."""
    task = asyncio.get_running_loop().create_task(work)
    UNFINISHED_TASKS.add(task)
    task.add_done_callback(UNFINISHED_TASKS.discard)
    return task


async def finish_shielded() -> None:
    """Wait for the unfinished tasks of this event loop, and for those that they start."""
    loop = asyncio.get_running_loop()
    while tasks := [task for task in UNFINISHED_TASKS if task.get_loop() is loop]:
        await asyncio.wait(tasks)
