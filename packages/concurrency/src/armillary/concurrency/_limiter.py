"""How many threads a purpose may use at once, and what happens when all are busy.

One `Limiter` serves every event loop of the process: the tokens behind it belong to the loop
that asks, so loops in different threads neither share nor block each other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from math import inf
from typing import TYPE_CHECKING, TypeVar

from ._context import ContextCall
from ._held_call import HeldCall
from ._overload import Overloaded

if TYPE_CHECKING:
    from anyio import CapacityLimiter
    from anyio.lowlevel import RunVar

T = TypeVar("T")


class Limiter:
    """A named number of threads.

    Args:
        name: what the threads are for; named in `Overloaded`.
        size: how many calls may run at once in one event loop, at least 1.
        max_wait: seconds a call waits for a free thread before `Overloaded` is raised; 0 fails
            at once, None waits without limit.
        retry_after: seconds in the `Retry-After` of the 503.

    `size`, `max_wait` and `retry_after` may be changed at any time; a changed size applies
    from the next call on. A function that runs under a limiter and starts another call under the
    same one holds its thread meanwhile: give nested work a limiter of its own.

    >>> Limiter("reports", 4, max_wait=2.0)
    Limiter('reports', 4, max_wait=2.0)
    """

    def __init__(self, name: str, size: int = 40, *, max_wait: float | None = None, retry_after: float = 1.0) -> None:
        self.name = name
        self.size = size
        self.max_wait = max_wait
        self.retry_after = retry_after
        self._capacities: RunVar[CapacityLimiter] | None = None

    def __repr__(self) -> str:
        wait = "" if self.max_wait is None else f", max_wait={self.max_wait!r}"
        return f"{type(self).__name__}({self.name!r}, {self.size!r}{wait})"

    @property
    def size(self) -> int:
        """How many calls may run at once in one event loop."""
        return self._size

    @size.setter
    def size(self, size: int) -> None:
        if not isinstance(size, int) or isinstance(size, bool):
            raise TypeError(f"Limiter takes its size as an int, got {size!r}")
        if size < 1:
            raise ValueError(f"Limiter needs a size of at least 1, got {size!r}")
        self._size = size

    @property
    def max_wait(self) -> float | None:
        """Seconds a call waits for a free thread; None for no limit."""
        return self._max_wait

    @max_wait.setter
    def max_wait(self, max_wait: float | None) -> None:
        if max_wait is not None and not max_wait >= 0:
            raise ValueError(f"Limiter needs a max_wait of at least 0 seconds, or None, got {max_wait!r}")
        self._max_wait = max_wait

    @property
    def retry_after(self) -> float:
        """Seconds in the `Retry-After` of the 503."""
        return self._retry_after

    @retry_after.setter
    def retry_after(self, retry_after: float) -> None:
        if not 0 <= retry_after < float("inf"):
            raise ValueError(f"Limiter needs a retry_after of at least 0 seconds, got {retry_after!r}")
        self._retry_after = retry_after

    @property
    def in_use(self) -> int:
        """How many calls run now, in the present event loop."""
        return self.capacity().borrowed_tokens

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread now, in the present event loop."""
        return self.capacity().statistics().tasks_waiting

    def capacity(self) -> CapacityLimiter:
        """Return this event loop's tokens, for use with anyio's own functions."""
        capacities = self._capacities
        if capacities is None:
            from anyio.lowlevel import RunVar

            capacities = self._capacities = RunVar(f"armillary.concurrency.{self.name}")
        try:
            capacity = capacities.get()
        except LookupError:
            from anyio import CapacityLimiter

            capacity = CapacityLimiter(self._size)
            capacities.set(capacity)
        if capacity.total_tokens != self._size:
            capacity.total_tokens = self._size
        return capacity

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Hold one of the limiter's places while the block runs.

        Raises:
            Overloaded: none became free within `max_wait` seconds.
        """
        capacity = self.capacity()
        borrower = object()
        await self._acquire(capacity, borrower)
        try:
            yield
        finally:
            capacity.release_on_behalf_of(borrower)

    async def _acquire(self, capacity: CapacityLimiter, borrower: object) -> None:
        from anyio import WouldBlock, move_on_after

        try:
            capacity.acquire_on_behalf_of_nowait(borrower)
            return
        except WouldBlock:
            pass
        if self._max_wait is None:
            await capacity.acquire_on_behalf_of(borrower)
            return
        if self._max_wait > 0:
            with move_on_after(self._max_wait) as wait:
                await capacity.acquire_on_behalf_of(borrower)
            if not wait.cancelled_caught:
                return
        raise Overloaded(self.name, self.retry_after)

    async def run(self, function: Callable[[], T], *, abandon_on_cancel: bool = False) -> T:
        """Call `function` in a worker thread and return its result.

        The function sees the caller's context variables, and those it sets are set in the
        caller's context when it ends.

        Args:
            function: a blocking function.
            abandon_on_cancel: with False a cancelled caller waits for the thread to finish, also if asyncio
                cancels it natively; with True it leaves at once, giving back its place, while the
                thread goes on.

        Raises:
            Overloaded: no thread became free within `max_wait` seconds.
        """
        from anyio import to_thread

        call = ContextCall(function)
        held = HeldCall(call)
        capacity = self.capacity()
        await self._acquire(capacity, held)
        try:
            return await to_thread.run_sync(held, abandon_on_cancel=abandon_on_cancel, limiter=_unlimited())
        except BaseException:
            if not abandon_on_cancel:
                await held.until_ended()
            raise
        finally:
            capacity.release_on_behalf_of(held)
            call.carry_back()


_unlimited_capacities: RunVar[CapacityLimiter] | None = None


def _unlimited() -> CapacityLimiter:
    """Return this event loop's tokens without a limit, for calls whose places are held elsewhere."""
    global _unlimited_capacities
    from anyio.lowlevel import RunVar

    if _unlimited_capacities is None:
        _unlimited_capacities = RunVar("armillary.concurrency.unlimited")
    try:
        return _unlimited_capacities.get()
    except LookupError:
        from anyio import CapacityLimiter

        capacity = CapacityLimiter(inf)
        _unlimited_capacities.set(capacity)
        return capacity


ENDPOINTS = Limiter("endpoints")
"""For sync endpoints, handlers and iterators."""

BACKGROUND = Limiter("background", 20)
"""For sync background tasks."""

FILES = Limiter("files", 20)
"""For opening, reading and writing files."""
