"""Counting by the strategies of the limits library, here or in a store that all processes share."""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import Any, Literal, Protocol

from limits import WindowStats
from limits.aio import strategies as aio_strategies
from limits.aio.storage import Storage as AsyncStorage
from limits.errors import StorageError
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter

from ._event_loop import require_asyncio
from ._fields import Count
from ._memory_storage import MemoryStorage
from ._redis_storage import OwnRedisStorage
from ._rule import Rule

Strategy = Literal["fixed-window", "moving-window"]

STRATEGIES: dict[str, tuple[type[RateLimiter], type[aio_strategies.RateLimiter]]] = {
    "fixed-window": (FixedWindowRateLimiter, aio_strategies.FixedWindowRateLimiter),
    "moving-window": (MovingWindowRateLimiter, aio_strategies.MovingWindowRateLimiter),
}


class StoreDown(Exception):
    """The store could not be reached, or did not respond in time."""


class Counter(Protocol):
    """Counts requests."""

    async def count(self, rule: Rule, key: str) -> Count:
        """Count one request of a client.

        Raises:
            StoreDown: the count is unknown.
        """
        ...

    async def close(self) -> None:
        """Close the connections to the store."""
        ...


class LocalCounter:
    """Counts in this process; never fails."""

    def __init__(self, storage: Storage, strategy: Strategy) -> None:
        self._limiter = STRATEGIES[strategy][0](storage)

    async def count(self, rule: Rule, key: str) -> Count:
        """Count one request of a client."""
        item, identifier = rule.item, identifier_of(rule, key)
        allowed = self._limiter.hit(item, identifier)
        return make_count(rule, allowed, self._limiter.get_window_stats(item, identifier))

    async def close(self) -> None:
        """Do nothing; nothing is open."""


class StoreCounter:
    """Counts in a store of the limits library for asyncio.

    Args:
        storage: the store.
        strategy: how windows are counted.
        timeout: seconds a response may take. Our own storage counts them itself, without what a request waits for a
            free connection, which is no failure of the store.
    """

    def __init__(self, storage: AsyncStorage, strategy: Strategy, timeout: float) -> None:
        self._storage = storage
        self._limiter = STRATEGIES[strategy][1](storage)
        self._timeout = None if isinstance(storage, OwnRedisStorage) else timeout
        base = storage.base_exceptions
        own: tuple[type[Exception], ...] = base if isinstance(base, tuple) else (base,)
        self._failures: tuple[type[Exception], ...] = (StorageError, OSError, TimeoutError, *own)

    async def count(self, rule: Rule, key: str) -> Count:
        """Count one request of a client."""
        require_asyncio()
        from asyncio import timeout

        identifier = identifier_of(rule, key)
        try:
            async with timeout(self._timeout):
                allowed = await self._limiter.hit(rule.item, identifier)
                stats = await self._limiter.get_window_stats(rule.item, identifier)
        except self._failures as exc:
            raise StoreDown(f"{type(exc).__name__}: {exc}") from exc
        return make_count(rule, allowed, stats)

    async def close(self) -> None:
        """Close the connections, unless the caller provided the storage."""
        if isinstance(self._storage, OwnRedisStorage):
            await self._storage.close()


def make_count(rule: Rule, allowed: bool, stats: WindowStats) -> Count:
    # A clock that was set back, here or in the store, would make it a day.
    reset = min(stats.reset_time - time.time(), float(rule.window))
    return Count(rule, allowed, max(0, stats.remaining) if allowed else 0, reset)


def identifier_of(rule: Rule, key: str) -> str:
    """Return what a client is counted under: a digest, since keys may be secrets and may hold separators."""
    return blake2b(f"{rule.label}\0{key}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def make_storage(storage: Any, timeout: float, max_connections: int) -> Storage | AsyncStorage:
    """Return the storage meant by a URL, by None, or by itself."""
    if storage is None or storage == "memory://":
        return MemoryStorage()
    if isinstance(storage, (Storage, AsyncStorage)):
        return storage
    if not isinstance(storage, str):
        raise TypeError(f"storage is a URL such as 'redis://127.0.0.1:6379/0' or a storage of limits; got {storage!r}")
    if not storage.startswith(("redis://", "rediss://", "redis+unix://")):
        raise ValueError(f"storage: {storage!r} is neither 'memory://' nor a URL of Redis; for others pass a storage")
    return OwnRedisStorage(storage, timeout, max_connections)
