"""Counts in the memory of this process."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from time import monotonic, time

from limits.storage import Storage
from limits.storage.base import MovingWindowSupport

MAX_DROPPED_AT_ONCE = 16
"""The most expired counts dropped for each new one, so that no call takes long."""


class MemoryStorage(Storage, MovingWindowSupport):
    """A storage of the limits library that needs neither threads nor an event loop.

    It counts on the monotonic clock, so setting the system's clock neither ends nor prolongs a window; what it returns
    to the strategies of limits are times of the system's clock, as they expect.

    Expired counts are dropped bit by bit as new clients come. If there are more than `max_clients`
    at once, the count that would expire first is dropped, and starts again from zero.

    Args:
        max_clients: how many counts are kept; 100,000 by default.

    Raises:
        ValueError: less than one.
    """

    STORAGE_SCHEME: list[str] | None = None

    def __init__(self, max_clients: int = 100_000) -> None:
        super().__init__()
        if max_clients < 1:
            raise ValueError(f"max_clients must be 1 or more, got {max_clients!r}")
        self._max_clients = max_clients
        self._hits: dict[str, int] = {}
        self._entries: dict[str, deque[float]] = {}
        self._ends: dict[str, float] = {}
        # Exactly the keys of `_ends`, each once, with its end or an earlier one.
        self._queue: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def base_exceptions(self) -> type[Exception]:
        """The base class of its failures."""
        return MemoryError

    # Fixed windows

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count, and return how many there are in the window; a new one begins if there is none."""
        now = monotonic()
        if self._ends.get(key, 0.0) <= now:
            self._hits[key] = 0
            self._begin(key, now, now + expiry)
        hits = self._hits[key] = self._hits[key] + amount
        return hits

    def get(self, key: str) -> int:
        """Return how many there are in the window."""
        return self._hits.get(key, 0) if self._ends.get(key, 0.0) > monotonic() else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends; now, if there is none."""
        ends = self._ends.get(key)
        return system_time(ends) if ends else time()

    # Moving windows

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count, unless there would be more than the limit in the window that ends now."""
        now = monotonic()
        entries = self._fresh(key, expiry, now)
        if len(entries) + amount > limit:
            return False
        self._begin(key, now, now + expiry)
        self._entries[key] = entries
        entries.extend([now] * amount)
        return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return when the first request in the window that ends now was, and how many there are."""
        now = monotonic()
        entries = self._fresh(key, expiry, now)
        return (system_time(entries[0]), len(entries)) if entries else (time(), 0)

    def _fresh(self, key: str, expiry: int, now: float) -> deque[float]:
        entries = self._entries.get(key)
        if entries is None:
            return deque()
        while entries and entries[0] <= now - expiry:
            entries.popleft()
        return entries

    # Both

    def _begin(self, key: str, now: float, ends: float) -> None:
        """Record when a count ends; make room for a new one."""
        if key not in self._ends:
            for _ in range(MAX_DROPPED_AT_ONCE):
                if not self._queue or self._queue[0][0] > now:
                    break
                self._drop_first()
            while len(self._ends) >= self._max_clients:
                self._drop_first()
            heappush(self._queue, (ends, key))
        self._ends[key] = ends

    def _drop_first(self) -> None:
        """Drop the first count in the queue, or requeue it if its end has moved."""
        recorded_end, key = heappop(self._queue)
        ends = self._ends[key]
        if ends > recorded_end:
            heappush(self._queue, (ends, key))
            return
        del self._ends[key]
        self._hits.pop(key, None)
        self._entries.pop(key, None)

    def check(self) -> bool:
        """Return True: memory is always available."""
        return True

    def reset(self) -> int:
        """Forget everything, and return how many counts that were."""
        count = len(self._ends)
        self._ends.clear()
        self._hits.clear()
        self._entries.clear()
        self._queue.clear()
        return count

    def clear(self, key: str) -> None:
        """Forget one count."""
        self._hits.pop(key, None)
        self._entries.pop(key, None)
        if key in self._ends:
            self._ends[key] = 0.0


def system_time(moment: float) -> float:
    """Return a moment of the monotonic clock as the system's clock has it now."""
    return time() + (moment - monotonic())
