"""Keys in the memory of one process."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from armillary.asgi_types import Scope

from ._errors import StoreUnavailable
from ._store import StoredKey

logger = logging.getLogger("armillary.idempotency")

BYTES_OF_A_KEY = 600
CLAIMS_BETWEEN_SWEEPS = 1000


@dataclass(slots=True)
class Entry:
    fingerprint: str
    owner: str
    claimed_until: float
    expires: float
    response: bytes | None = None


class MemoryStore:
    """Keeps keys in this process, until it ends: for development, tests and single processes.

    Args:
        max_bytes: what keys and responses may take, 64 MiB by default. When it is used up, requests with new keys
            get 503 until others expire: a key that was forgotten early would let its request run twice.

    Raises:
        TypeError, ValueError: a max_bytes that is no whole number above 0.
    """

    is_transactional = False

    def __init__(self, max_bytes: int = 64 * 1024 * 1024) -> None:
        if not isinstance(max_bytes, int) or isinstance(max_bytes, bool):
            raise TypeError(f"max_bytes is a whole number of bytes, got {max_bytes!r}")
        if max_bytes < 1:
            raise ValueError(f"max_bytes must be 1 or more, got {max_bytes!r}")
        self._max_bytes = max_bytes
        self._bytes = 0
        self._claims = 0
        self._entries: dict[str, Entry] = {}

    async def claim(
        self, key: str, fingerprint: str, owner: str, *, lease: float, lifetime: float, repeats: bool
    ) -> StoredKey | None:
        """Claim a key, or return what is stored about it."""
        now = time.monotonic()
        entry = self._entries.get(key)
        if entry is not None and entry.expires > now:
            is_unfinished = entry.response is None and entry.claimed_until <= now
            if not (repeats and is_unfinished and entry.fingerprint == fingerprint):
                return StoredKey(entry.fingerprint, entry.response, entry.claimed_until - now)
        self._drop(key)
        self._claims += 1
        if self._claims % CLAIMS_BETWEEN_SWEEPS == 0 or self._bytes + BYTES_OF_A_KEY > self._max_bytes:
            for expired in [name for name, other in self._entries.items() if other.expires <= now]:
                self._drop(expired)
        if self._bytes + BYTES_OF_A_KEY > self._max_bytes:
            logger.error("MemoryStore holds max_bytes=%d; raise it, or use RedisStore or SQLStore", self._max_bytes)
            raise StoreUnavailable("the memory for keys is used up")
        self._entries[key] = Entry(fingerprint, owner, now + lease, now + lifetime)
        self._bytes += BYTES_OF_A_KEY
        return None

    async def complete(self, key: str, owner: str, response: bytes, *, lifetime: float, scope: Scope) -> bool:
        """Store the response; False if the claim is not the owner's any more."""
        entry = self._entries.get(key)
        if entry is None or entry.owner != owner or entry.response is not None:
            return False
        entry.response = response
        entry.expires = time.monotonic() + lifetime
        self._bytes += len(response)
        return True

    async def release(self, key: str, owner: str, *, claimed: bool = True) -> None:
        """Free a key that the owner has claimed and not completed."""
        entry = self._entries.get(key)
        if entry is not None and entry.owner == owner and entry.response is None:
            self._drop(key)

    async def close(self) -> None:
        """Do nothing: the keys stay until the process ends."""

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= BYTES_OF_A_KEY + len(entry.response or b"")
