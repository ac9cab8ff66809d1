"""Counts how many of something are running, and waits for zero."""

from __future__ import annotations

from ._stop_event import StopEvent


class Gauge:
    """Counts the blocks that are running.

    >>> connections = Gauge()
    >>> with connections:
    ...     connections.count
    1
    """

    __slots__ = ("_reached_zero", "count")

    def __init__(self) -> None:
        self.count = 0
        self._reached_zero: StopEvent | None = None

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *exc_info: object) -> None:
        self.count -= 1
        if self._reached_zero is not None and not self.count:
            self._reached_zero.set()

    async def wait_for_zero(self, seconds: float) -> None:
        """Return when nothing is running, after that many seconds at the latest."""
        if not self.count:
            return
        from anyio import move_on_after

        self._reached_zero = StopEvent()
        with move_on_after(seconds):
            await self._reached_zero.wait()
