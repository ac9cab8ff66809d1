"""How many threads a purpose may use at once, and what happens when all are busy.

One `Limiter` serves every event loop of the process: the tokens behind it belong to the loop
that asks, so loops in different threads neither share nor block each other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, TypeVar
from weakref import WeakSet

from ._context import ContextCall
from ._held_call import run_held
from ._overload import Overloaded
from ._place import LimiterUsage, Place, Pool, current_place
from ._threads import call_in_event_loop, can_start_threads

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
        calls_back: with False functions cannot use `anyio.from_thread`, and on asyncio a call costs half as much.

    `size`, `max_wait` and `retry_after` may be changed at any time; a changed size applies
    from the next call on. A function that runs under a limiter and starts another call under the
    same one holds its place meanwhile; if no other is free, that call gets a thread beyond the limit,
    one at a time for each place, and does not wait for `max_wait`.

    >>> Limiter("reports", 4, max_wait=2.0)
    Limiter('reports', 4, max_wait=2.0)
    """

    carries_context_back: ClassVar[bool] = True
    """Whether the context variables that a function sets are set in its caller's context."""

    def __init__(
        self,
        name: str,
        size: int = 40,
        *,
        max_wait: float | None = None,
        retry_after: float = 1.0,
        calls_back: bool = True,
    ) -> None:
        self.name = name
        self.calls_back = calls_back
        self.size = size
        self.max_wait = max_wait
        self.retry_after = retry_after
        self._pools: RunVar[Pool] | None = None
        self._pools_of_all_loops: WeakSet[Pool] = WeakSet()
        with _registry:
            _limiters.add(self)

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
        return self._pool().in_use

    @property
    def waiting(self) -> int:
        """How many calls wait for a thread now, in the present event loop."""
        return self._pool().waiting

    @property
    def rejected(self) -> int:
        """How many calls found no thread in time so far, in the present event loop."""
        return self._pool().rejected

    def usage(self) -> LimiterUsage:
        """Return what all event loops of the process use now; for metrics, and from any thread."""
        with _registry:
            pools = list(self._pools_of_all_loops)
        return LimiterUsage(
            self.name,
            self.size,
            sum(pool.in_use for pool in pools),
            sum(pool.waiting for pool in pools),
            sum(pool.rejected for pool in pools),
        )

    def capacity(self) -> CapacityLimiter:
        """Return this event loop's tokens, for use with anyio's own functions."""
        return self._pool().capacity

    def make_capacity(self) -> CapacityLimiter:
        """Return the tokens for a new event loop; a subclass may share those of another limiter."""
        from anyio import CapacityLimiter

        return CapacityLimiter(self._size)

    def _pool(self) -> Pool:
        pools = self._pools
        if pools is None:
            from anyio.lowlevel import RunVar

            pools = self._pools = RunVar(f"armillary.concurrency.{self.name}")
        try:
            pool = pools.get()
        except LookupError:
            pool = Pool(self.make_capacity(), self._size)
            pools.set(pool)
            with _registry:
                self._pools_of_all_loops.add(pool)
        if pool.size != self._size:
            pool.capacity.total_tokens = pool.size = self._size
        return pool

    @asynccontextmanager
    async def slot(self) -> AsyncGenerator[None]:
        """Hold one of the limiter's places while the block runs.

        Raises:
            Overloaded: none became free within `max_wait` seconds.
        """
        outer = current_place.get()
        place = Place(self._pool())
        if not place.take_if_free():
            await self._wait_for(place, self._max_wait)
        current_place.set(place)
        try:
            yield
        finally:
            current_place.set(outer)
            place.give_back()

    async def _wait_for(self, place: Place, max_wait: float | None) -> None:
        from anyio import move_on_after

        pool = place.pool
        with pool.waiting_call(self.name):
            holder = place.holder()
            if holder is not None:
                await place.take_lane(holder)
                return
            if max_wait is None:
                await place.take()
                return
            if max_wait > 0:
                with move_on_after(max_wait) as wait:
                    await place.take()
                if not wait.cancelled_caught:
                    return
            pool.rejected += 1
        raise Overloaded(self.name, self.retry_after)

    async def run(self, function: Callable[[], T], *, abandon_on_cancel: bool = False, bounded: bool = True) -> T:
        """Call `function` in a worker thread and return its result.

        The function sees the caller's context variables, and those it sets are set in the
        caller's context when it ends.

        Args:
            function: a blocking function.
            abandon_on_cancel: with False a cancelled caller waits for the thread to finish, also if asyncio
                cancels it natively; with True it leaves at once, giving back its place, while the
                thread goes on.
            bounded: with False it waits for a thread as long as it takes; for what can no longer become a 503,
                such as the next part of a response that has started.

        Raises:
            Overloaded: no thread became free within `max_wait` seconds.
        """
        if not can_start_threads():
            return await call_in_event_loop(function)
        place = Place(self._pool())
        if not place.take_if_free():
            await self._wait_for(place, self._max_wait if bounded else None)
        call = ContextCall(function, place)
        try:
            return await run_held(call, abandon_on_cancel=abandon_on_cancel, calls_back=self.calls_back)
        finally:
            place.give_back()
            if self.carries_context_back:
                call.carry_back()


def limiter_usage() -> list[LimiterUsage]:
    """Return what each limiter of the process does now, by name; for metrics, and from any thread.

    >>> [usage.name for usage in limiter_usage() if usage.in_use]
    []
    """
    with _registry:
        limiters = list(_limiters)
    return sorted(limiter.usage() for limiter in limiters)


_limiters: WeakSet[Limiter] = WeakSet()
_registry = Lock()
"""Held while one of the weak sets is changed or read."""


ENDPOINTS = Limiter("endpoints", max_wait=30.0)
"""For sync endpoints, handlers and iterators; a call that finds no thread within 30 seconds becomes a 503."""

BACKGROUND = Limiter("background", 20)
"""For sync background tasks."""

FILES = Limiter("files", 20, calls_back=False)
"""For opening, reading and writing files."""
