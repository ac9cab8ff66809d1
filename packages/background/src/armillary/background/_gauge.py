"""How many of something are under way, and waiting for none to be."""

from __future__ import annotations

from ._stop_event import StopEvent


class Gauge:
    """Counts what is under way; a block counts for its length.

    >>> connections = Gauge()
    >>> with connections:
    ...     connections.count
    1
    """

    __slots__ = ("_none_left", "count")

    def __init__(self) -> None:
        self.count = 0
        self._none_left: StopEvent | None = None

    def __enter__(self) -> None:
        self.count += 1

    def __exit__(self, *exc_info: object) -> None:
        self.count -= 1
        if self._none_left is not None and not self.count:
            self._none_left.set()

    async def wait_none(self, seconds: float) -> None:
        """Return when nothing is under way, after that many seconds at the latest."""
        if not self.count:
            return
        from anyio import move_on_after

        self._none_left = StopEvent()
        with move_on_after(seconds):
            await self._none_left.wait()
