"""What becomes of background tasks when the server stops.

They get a deadline, counted from the moment of stopping. What runs then is cancelled, what has
not begun is left out, and both are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ._log import log_unfinished
from ._stop_event import StopEvent

if TYPE_CHECKING:
    from ._task import BackgroundTask


class UnfinishedTask(NamedTuple):
    """A task that the end of the server cut short or kept from starting.

    Attributes:
        task: the task.
        seconds: how long it had run when it was cancelled; None if it had not begun.
    """

    task: BackgroundTask
    seconds: float | None


class Drain:
    """Runs tasks and bounds them once the server stops.

    Args:
        stopping: set when the server was told to stop.
        timeout: seconds that tasks then still have.
        on_unfinished: called for each task that did not finish; by default it is logged as a
            warning.
    """

    def __init__(
        self, stopping: StopEvent, timeout: float, on_unfinished: Callable[[UnfinishedTask], object] | None = None
    ) -> None:
        self.timeout = timeout
        self.unfinished: list[UnfinishedTask] = []
        self._stopping = stopping
        self._on_unfinished = on_unfinished
        self._stopped_at: float | None = None
        self._running = 0

    @property
    def running(self) -> int:
        """How many tasks run now."""
        return self._running

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self._seconds_left() == 0

    def begin(self) -> None:
        """Start the clock; called when the server is told to stop."""
        if self._stopped_at is None:
            self._stopped_at = monotonic()

    def _seconds_left(self) -> float | None:
        if not self._stopping.is_set():
            return None
        self.begin()
        assert self._stopped_at is not None
        return max(0.0, self._stopped_at + self.timeout - monotonic())

    async def run(self, task: BackgroundTask) -> None:
        """Run a task to its end, or to the end of the time left once the server stops."""
        from anyio import CancelScope, current_time

        scope = CancelScope()
        started = monotonic()

        def set_deadline() -> None:
            left = self._seconds_left()
            if left is not None:
                scope.deadline = current_time() + left

        listener = self._stopping.add_listener(set_deadline)
        self._running += 1
        try:
            with scope:
                set_deadline()
                await task.run()
        finally:
            self._running -= 1
            self._stopping.remove_listener(listener)
        if scope.cancelled_caught:
            self._report(UnfinishedTask(task, monotonic() - started))

    def leave_out(self, tasks: Iterable[BackgroundTask]) -> None:
        """Report tasks that are not begun because the time is over."""
        for task in tasks:
            self._report(UnfinishedTask(task, None))

    def _report(self, unfinished: UnfinishedTask) -> None:
        self.unfinished.append(unfinished)
        if self._on_unfinished is not None:
            self._on_unfinished(unfinished)
        else:
            log_unfinished(unfinished.task.name, unfinished.seconds)


_current: ContextVar[Drain | None] = ContextVar("asterism.background.drain", default=None)


def current_drain() -> Drain | None:
    """Return the drain of the application this runs in, or None."""
    return _current.get()


enter_drain = _current.set
leave_drain = _current.reset
