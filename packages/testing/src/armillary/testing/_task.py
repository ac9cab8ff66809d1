"""Tasks that outlive the call that starts them, on the caller's own event loop.

No task group is held open across the caller's code: cancelling, fixtures that are torn down
in another task and exceptions of the caller's are untouched by the client.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from typing import Any

_running: set[Any] = set()


def start_task(function: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run an async function in a task of its own, with a copy of the caller's context variables.

    Args:
        function: must not raise anything but cancellation.
    """
    trio: Any = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        trio.lowlevel.spawn_system_task(function, context=copy_context())
        return
    import asyncio

    task = asyncio.get_running_loop().create_task(function())
    _running.add(task)
    task.add_done_callback(_running.discard)


async def finish_or_hand_over(ending: Callable[[], Awaitable[None]], fallback: Callable[[], Any]) -> None:
    """Await `ending`; if the caller is cancelled meanwhile, start `fallback` in a task instead."""
    import anyio

    try:
        await ending()
    except anyio.get_cancelled_exc_class():
        start_task(fallback)
        raise
