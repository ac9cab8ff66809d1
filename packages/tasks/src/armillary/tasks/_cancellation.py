"""Whose a cancellation is that was caught, and which task runs."""

from __future__ import annotations

import asyncio

import anyio


def cancels_current_task() -> bool:
    """Return whether the cancellation that was caught is meant for this task, and so must be raised further.

    On asyncio it may have come out of something that was awaited and is cancelled itself.
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:  # trio runs, where every cancellation comes from a scope around the task
        return True
    return task is None or task.cancelling() > 0


def current_task_id() -> int | None:
    """Return what tells the task that runs from others; None outside of a task, as when one is closed unfinished."""
    try:
        return anyio.get_current_task().id
    except Exception:  # of either event loop, which is not there
        return None
