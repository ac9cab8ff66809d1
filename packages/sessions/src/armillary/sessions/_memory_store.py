"""Sessions in the memory of one process."""

from __future__ import annotations

import logging
import time

from ._store import StoredSession

logger = logging.getLogger("armillary.sessions")

SAVES_BETWEEN_SWEEPS = 1000


class MemoryStore:
    """Keeps sessions in this process, until it ends: for development, tests and single processes.

    Args:
        max_sessions: the most that are kept, 100,000 by default. Those that no second request has used are dropped
            first, so that visitors without cookies do not end the sessions of the others; then those that were used
            least recently. The first that is dropped is logged as a warning to `armillary.sessions`.

    Raises:
        ValueError: a max_sessions below 1.
    """

    def __init__(self, max_sessions: int = 100_000) -> None:
        if max_sessions < 1:
            raise ValueError(f"max_sessions must be 1 or more, got {max_sessions!r}")
        self._max_sessions = max_sessions
        self._sessions: dict[str, tuple[StoredSession, float]] = {}
        # The keys of those that were not loaded since they were first saved, the oldest first.
        self._unused: dict[str, None] = {}
        self._saves = 0
        self._is_warned = False

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None."""
        session = self._find(key)
        if session is not None:
            self._unused.pop(key, None)
            self._sessions[key] = self._sessions.pop(key)  # to the end: it was used last
        return session

    def _find(self, key: str) -> StoredSession | None:
        session, expires = self._sessions.get(key, (None, 0.0))
        return session if expires > time.monotonic() else None

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if the stored version is the expected one."""
        present = self._find(key)
        if (present.version if present else None) != expected:
            return False
        if self._sessions.pop(key, None) is None:
            self._unused[key] = None
        self._sessions[key] = (session, time.monotonic() + lifetime)
        self._evict(key)
        return True

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if the stored version is the expected one."""
        present = self._find(key)
        if present is None or expected not in (None, present.version):
            return False
        self._drop(key)
        return True

    def _evict(self, saved: str) -> None:
        self._saves += 1
        if self._saves % SAVES_BETWEEN_SWEEPS == 0:
            now = time.monotonic()
            for key in [key for key, (_, expires) in self._sessions.items() if expires <= now]:
                self._drop(key)
        while len(self._sessions) > self._max_sessions:
            if not self._is_warned:
                self._is_warned = True
                logger.warning(
                    "MemoryStore holds max_sessions=%d and drops sessions; raise it, or use RedisStore or SQLStore",
                    self._max_sessions,
                )
            unused = next((key for key in self._unused if key != saved), None)
            self._drop(next(iter(self._sessions)) if unused is None else unused)

    def _drop(self, key: str) -> None:
        self._sessions.pop(key, None)
        self._unused.pop(key, None)
