"""Scheduling callbacks in an event loop from a signal handler or another thread."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeAlias

Schedule: TypeAlias = Callable[[Callable[[], object]], object]
"""Runs a callback soon in the event loop it was made in; may be called from anywhere."""


def current_schedule() -> Schedule:
    """Return the function that schedules callbacks in the running event loop.

    trio comes first: in guest mode it runs inside another loop, which would be found as well.
    """
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            return trio.lowlevel.current_trio_token().run_sync_soon  # type: ignore[no-any-return]
        except RuntimeError:
            pass
    import asyncio

    return asyncio.get_running_loop().call_soon_threadsafe


def schedule_if_running(schedule: Schedule, callback: Callable[[], object]) -> None:
    """Run the callback in its loop, unless that loop has ended."""
    try:
        schedule(callback)
    except Exception as exc:  # asyncio raises RuntimeError, trio its own RunFinishedError
        if not isinstance(exc, RuntimeError):
            raise
