"""The state of one process."""

from __future__ import annotations

import time


class MemoryState:
    """Keeps the state in this process; a `State`."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[bytes, float]] = {}
        self._collections: dict[str, dict[str, tuple[float, bytes]]] = {}
        self._writes = 0

    async def start(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def time(self) -> float:
        """Return the time of this process."""
        return time.time()

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        value, end = self._values.get(key, (None, 0.0))
        return value if end > time.monotonic() else None

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Set a value for `ttl` seconds."""
        now = time.monotonic()
        self._values[key] = (value, now + ttl)
        self._writes += 1
        if self._writes % 1000 == 0:
            self._values = {name: kept for name, kept in self._values.items() if kept[1] > now}

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Set a value unless there is one."""
        if await self.get(key) is not None:
            return False
        await self.set(key, value, ttl)
        return True

    async def renew(self, key: str, value: bytes, ttl: float) -> bool:
        """Extend a key that still has this value."""
        if await self.get(key) != value:
            return False
        await self.set(key, value, ttl)
        return True

    async def remove(self, key: str, value: bytes | None = None) -> None:
        """Remove a key, if it has this value."""
        if value is None or await self.get(key) == value:
            self._values.pop(key, None)

    async def count(self, key: str, ttl: float) -> int:
        """Add one to a number."""
        number = int(await self.get(key) or 0) + 1
        await self.set(key, b"%d" % number, ttl)
        return number

    async def put(self, collection: str, name: str, value: bytes, due: float) -> None:
        """Put an entry into a collection."""
        self._collections.setdefault(collection, {})[name] = (due, value)

    async def take(self, collection: str, name: str) -> bytes | None:
        """Remove an entry; return its value."""
        taken = self._collections.get(collection, {}).pop(name, None)
        return None if taken is None else taken[1]

    async def entries(self, collection: str, until: float | None = None, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return the entries that are due until a time."""
        found = self._collections.get(collection, {}).items()
        due = sorted((at, name, value) for name, (at, value) in found if until is None or at <= until)
        return [(name, value) for _, name, value in due[:limit]]
