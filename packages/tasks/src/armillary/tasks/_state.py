"""What an engine remembers beside its queue: who runs what, results, progress, dead letters, what is due later.

Two kinds of things are kept:

- a *key* with one value and an end: leases, results, counts;
- an *entry* of a collection, with the time it is due: delayed and dead messages.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol, TypeVar

import anyio

T = TypeVar("T")


async def uninterrupted(operation: Awaitable[T]) -> T:
    """Await an operation to its end, which has a time-out of its own.

    A cancel scope interrupts every await, also those by which a library gives its connection back.
    """
    scope = anyio.CancelScope(shield=True)
    scope.__enter__()
    try:
        return await operation
    finally:
        scope.__exit__(None, None, None)


class State(Protocol):
    """Where an engine's state is. Times are seconds; `time()` is one clock for every process."""

    async def start(self) -> None:
        """Connect; raises if the engine cannot be reached."""
        ...

    async def close(self) -> None:
        """Close what was opened."""
        ...

    async def time(self) -> float:
        """Return the time by the engine's clock, in seconds since 1970."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None if there is none or it has ended."""
        ...

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Set a value for `ttl` seconds."""
        ...

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Set a value unless there is one; return whether it was set."""
        ...

    async def renew(self, key: str, value: bytes, ttl: float) -> bool:
        """Extend a key that still has this value; return whether it has."""
        ...

    async def remove(self, key: str, value: bytes | None = None) -> None:
        """Remove a key, if it has this value."""
        ...

    async def count(self, key: str, ttl: float) -> int:
        """Add one to a number that begins at 0; return it."""
        ...

    async def put(self, collection: str, name: str, value: bytes, due: float) -> None:
        """Put an entry into a collection, or replace it."""
        ...

    async def take(self, collection: str, name: str) -> bytes | None:
        """Remove an entry; return its value. Of several callers one gets it."""
        ...

    async def entries(self, collection: str, until: float | None = None, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return name and value of the entries that are due until a time, those due first in front."""
        ...
