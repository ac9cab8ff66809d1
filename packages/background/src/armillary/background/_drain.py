"""How background tasks end when the server stops.

They get a deadline, counted from the stop. Tasks that still run then are cancelled, tasks that have
not started are skipped, and both are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import monotonic
from typing import Final, NamedTuple

from ._gauge import Gauge
from ._log import log_unfinished
from ._stop_event import StopEvent
from ._task import BackgroundTask

CANCELLATION_TIMEOUT: Final = 0.5
"""Seconds that cancelled tasks have to clean up before the lifespan continues without them."""

CONNECTION_CLOSE_TIMEOUT: Final = 1.5
"""Seconds that connections have to close, with a server that ends the lifespan before they are closed."""


class UnfinishedTask(NamedTuple):
    """A task that the shut-down cancelled or kept from starting.

    Attributes:
        task: the task.
        seconds: how long it had run when it was cancelled; None if it had not started.
    """

    task: BackgroundTask
    seconds: float | None


class Drain:
    """Runs tasks, and enforces a deadline once the server stops.

    Args:
        stopping: set when the server stops.
        timeout: seconds that tasks then have left.
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
        self.tasks = Gauge()
        self.connections = Gauge()

    @property
    def is_stopping(self) -> bool:
        """Whether the server is stopping."""
        return self._stopping.is_set()

    @property
    def has_expired(self) -> bool:
        """Whether the deadline has passed."""
        deadline = self._deadline()
        return deadline is not None and monotonic() >= deadline

    def begin(self) -> None:
        """Start the clock; called when the server stops."""
        if self._stopped_at is None:
            self._stopped_at = monotonic()

    def _deadline(self) -> float | None:
        """Return when tasks must have ended, by the monotonic clock; None while the server runs."""
        if not self._stopping.is_set():
            return None
        self.begin()
        assert self._stopped_at is not None
        return self._stopped_at + self.timeout

    async def run(self, task: BackgroundTask) -> None:
        """Run a task until it ends, or until the deadline once the server stops."""
        from anyio import CancelScope, current_time, get_cancelled_exc_class

        scope = CancelScope()
        started = monotonic()
        clock_offset = current_time() - started  # an event loop may use another clock

        def set_deadline() -> None:
            deadline = self._deadline()
            if deadline is not None:
                scope.deadline = deadline + clock_offset

        listener = self._stopping.add_listener(set_deadline)
        try:
            with self.tasks, scope:
                set_deadline()
                await task.run()
        except get_cancelled_exc_class():
            if self.is_stopping:  # the server does not wait for the deadline, as after a second SIGINT
                self._report(UnfinishedTask(task, monotonic() - started))
            raise
        finally:
            self._stopping.remove_listener(listener)
        if scope.cancelled_caught:
            self._report(UnfinishedTask(task, monotonic() - started))

    async def wait_idle(self) -> None:
        """Return when no task and no connection is left, soon after their deadlines at the latest.

        A sync task whose thread continues after the deadline counts as ended.
        """
        await self.tasks.wait_for_zero(self._seconds_until(self.timeout) + CANCELLATION_TIMEOUT)
        await self.connections.wait_for_zero(self._seconds_until(CONNECTION_CLOSE_TIMEOUT))

    def _seconds_until(self, seconds: float) -> float:
        self.begin()
        assert self._stopped_at is not None
        return max(0.0, self._stopped_at + seconds - monotonic())

    def skip(self, tasks: Iterable[BackgroundTask]) -> None:
        """Report tasks that are not started because the deadline has passed, or the one before was cancelled."""
        for task in tasks:
            self._report(UnfinishedTask(task, None))

    def _report(self, unfinished: UnfinishedTask) -> None:
        self.unfinished.append(unfinished)
        if self._on_unfinished is not None:
            self._on_unfinished(unfinished)
        else:
            log_unfinished(unfinished.task.name, unfinished.seconds)
