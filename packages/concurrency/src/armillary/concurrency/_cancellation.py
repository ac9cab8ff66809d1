"""Whose a cancellation is that was caught."""

from __future__ import annotations

import sys
from typing import Any


def cancels_current_task() -> bool:
    """Return whether the cancellation that was caught is meant for this task, and so must be raised further.

    On asyncio it may have come out of something that was awaited and is cancelled itself. True where no task runs.
    """
    asyncio: Any = sys.modules.get("asyncio")
    try:
        task = None if asyncio is None else asyncio.current_task()
    except RuntimeError:  # trio runs, where every cancellation comes from a scope around the task
        return True
    return task is None or task.cancelling() > 0
