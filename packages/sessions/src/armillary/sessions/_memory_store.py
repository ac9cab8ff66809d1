"""Sessions in the memory of one process."""

from __future__ import annotations

import time

from ._store import StoredSession

SAVES_BETWEEN_SWEEPS = 1000


class MemoryStore:
    """Keeps sessions in this process, until it ends: for development, tests and single processes.

    Args:
        max_sessions: the most that are kept; the least recently saved are dropped first. 100,000 by default.

    Raises:
        ValueError: a max_sessions below 1.
    """

    def __init__(self, max_sessions: int = 100_000) -> None:
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be 1 or more, got {max_sessions!r}")
        self._max_sessions = max_sessions
        self._sessions: dict[str, tuple[StoredSession, float]] = {}
        self._saves = 0

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None."""
        session, expires = self._sessions.get(key, (None, 0.0))
        return session if expires > time.monotonic() else None

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if the stored version is the expected one."""
        present = await self.load(key)
        if (present.version if present else None) != expected:
            return False
        self._sessions.pop(key, None)
        self._sessions[key] = (session, time.monotonic() + lifetime)
        self._evict()
        return True

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if the stored version is the expected one."""
        present = await self.load(key)
        if present is None or expected not in (None, present.version):
            return False
        del self._sessions[key]
        return True

    def _evict(self) -> None:
        self._saves += 1
        if self._saves % SAVES_BETWEEN_SWEEPS == 0:
            now = time.monotonic()
            self._sessions = {key: item for key, item in self._sessions.items() if item[1] > now}
        while len(self._sessions) > self._max_sessions:
            del self._sessions[next(iter(self._sessions))]
