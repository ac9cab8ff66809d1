"""Noticing that something blocks the event loop, from a thread beside it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Final

from ._schedule import current_schedule, schedule_if_running
from ._threads import can_start_threads

PAUSE: Final = 0.05
"""Seconds between two questions to the event loop."""


class LoopWatch:
    """Calls a function with the running frame when the event loop does not respond in time. For development.

    A thread puts a callback into the event loop 20 times a second. When one is not called in time, something keeps
    the loop from running anything else: a call that waits, or a long computation.

    Args:
        blocked: `blocked(frame)`, called in the watching thread once for each time, while the loop is blocked. The
            frame is the innermost of the event loop's thread.
        seconds: how long the loop may take.

    It is a context manager, entered in the event loop that it watches.

    >>> import anyio, threading
    >>> noticed = threading.Event()
    >>> async def main() -> bool:
    ...     with LoopWatch(lambda frame: noticed.set()):
    ...         return noticed.wait(30)  # blocks the event loop, as no async function should
    >>> anyio.run(main)
    True
    """

    def __init__(self, blocked: Callable[[FrameType], object], seconds: float = 0.1) -> None:
        if not callable(blocked):
            raise TypeError(f"blocked is a function of a frame, got {blocked!r}")
        if seconds <= 0:
            raise ValueError(f"seconds is more than 0, got {seconds!r}")
        self._blocked = blocked
        self._seconds = seconds
        self._responded = threading.Event()
        self._stopped = threading.Event()

    def __enter__(self) -> LoopWatch:
        self._schedule = current_schedule()
        self._thread_id = threading.get_ident()
        if can_start_threads():
            threading.Thread(target=self._watch, name="armillary loop watch", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(PAUSE):
            self._responded.clear()
            schedule_if_running(self._schedule, self._responded.set)
            if self._responded.wait(self._seconds) or self._stopped.is_set():
                continue
            frame = sys._current_frames().get(self._thread_id)  # pyright: ignore[reportPrivateUsage]
            if frame is not None:
                self._blocked(frame)
            while not self._responded.wait(PAUSE) and not self._stopped.is_set():
                pass
