"""The place of a call in a limiter, and how a call inside of a call is kept from waiting for itself.

A plain endpoint holds a place while its thread runs. If it calls back into the event loop, and what it calls there
starts another call under the same limiter, that one waits for a place while the first waits for it. Once every place
is held so, nobody goes on. So each place brings a lane for the calls inside of it: such a call takes an ordinary place
if one is free, else it runs in the lane, one at a time. There are never more threads than twice the places at one
depth of nesting, and the innermost call always runs.

A call finds the place around it in a context variable, which the thread has in its context and hands on to what it
calls in the event loop. A task that outlives the call inherits the variable too; to it the place is no longer held.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from anyio import CapacityLimiter

FULL_SECONDS = 5.0
"""How long calls wait, one or another of them without a pause, before a warning is logged."""


class LimiterUsage(NamedTuple):
    """What a limiter does now, over all event loops of the process.

    Attributes:
        name: the limiter's.
        size: how many calls may run at once in one event loop.
        in_use: how many calls run.
        waiting: how many calls wait for a thread.
        rejected: how many calls have been rejected so far, because no thread became free in time.
    """

    name: str
    size: int
    in_use: int
    waiting: int
    rejected: int


class Pool:
    """The places of a limiter in one event loop.

    Args:
        capacity: the tokens.
        size: how many there are.
    """

    __slots__ = ("__weakref__", "_full_since", "_warned", "capacity", "in_lanes", "rejected", "size", "waiting")

    def __init__(self, capacity: "CapacityLimiter", size: int) -> None:
        self.capacity = capacity
        self.size = size
        self.in_lanes = 0
        self.rejected = 0
        self.waiting = 0
        self._full_since = 0.0
        self._warned = False

    @property
    def in_use(self) -> int:
        """How many calls run, those in lanes included."""
        return self.capacity.borrowed_tokens + self.in_lanes

    @contextmanager
    def waiting_call(self, name: str) -> Generator[None]:
        """Count a call that waits, and warn once if calls have been waiting for long."""
        if not self.waiting:
            self._full_since = monotonic()
            self._warned = False
        self.waiting += 1
        try:
            self._warn_if_full(name)
            yield
        finally:
            self._warn_if_full(name)
            self.waiting -= 1

    def _warn_if_full(self, name: str) -> None:
        seconds = monotonic() - self._full_since
        if self._warned or seconds < FULL_SECONDS:
            return
        self._warned = True
        from logging import getLogger

        getLogger("armillary.concurrency").warning(
            "all threads of the limiter %r have been in use for %.0f s: %d calls run and %d wait. Look for a function "
            "that blocks for long, or give the limiter a larger size (now %d)",
            name,
            seconds,
            self.in_use,
            self.waiting,
            self.size,
        )


class Place:
    """The place of one call.

    Args:
        pool: where the place is.
    """

    __slots__ = ("_lane", "_outer", "_tokens", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self._outer = current_place.get()
        self._tokens: CapacityLimiter | None = None
        self._lane: CapacityLimiter | None = None

    def take_if_free(self) -> bool:
        """Take a place of the pool; return False if none is free."""
        from anyio import WouldBlock

        try:
            self.pool.capacity.acquire_on_behalf_of_nowait(self)
        except WouldBlock:
            return False
        self._tokens = self.pool.capacity
        return True

    async def take(self) -> None:
        """Wait for a place of the pool."""
        await self.pool.capacity.acquire_on_behalf_of(self)
        self._tokens = self.pool.capacity

    async def take_lane(self, holder: "Place") -> None:
        """Wait for the lane of the place around this one."""
        lane = holder._lane
        if lane is None:
            from anyio import CapacityLimiter

            lane = holder._lane = CapacityLimiter(1)
        await lane.acquire_on_behalf_of(self)
        self._tokens = lane
        self.pool.in_lanes += 1

    def give_back(self) -> None:
        """End the call."""
        tokens, self._tokens = self._tokens, None
        if tokens is None:
            return
        tokens.release_on_behalf_of(self)
        if tokens is not self.pool.capacity:
            self.pool.in_lanes -= 1

    def holder(self) -> "Place | None":
        """Return the innermost call around this one that holds a place of the same pool, or None."""
        outer = self._outer
        while outer is not None and (outer.pool is not self.pool or outer._tokens is None):
            outer = outer._outer
        return outer


current_place: ContextVar[Place | None] = ContextVar("armillary.concurrency.place", default=None)
"""The place of the call whose thread this is, or that called what runs here."""
