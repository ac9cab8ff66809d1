"""Frees keys, also those that could not be freed when it was time."""

from __future__ import annotations

import logging
from typing import Final

import anyio

from ._errors import StoreUnavailable
from ._store import IdempotencyStore

logger = logging.getLogger("armillary.idempotency")

RELEASE_TIMEOUT: Final = 5.0
MAX_MISSED: Final = 10_000


class Releases:
    """Frees the keys of requests that have no response to be kept.

    While the store is away it remembers them, and frees them when it is back; those of a process that ends meanwhile
    stay claimed.

    Args:
        store: where the keys are.
    """

    def __init__(self, store: IdempotencyStore) -> None:
        self._store = store
        self._missed: dict[str, dict[str, bool]] = {}  # by key and owner: whether the claim is known to have succeeded

    async def free(self, key: str, owner: str, *, claimed: bool) -> None:
        """Free a key, or remember it.

        Args:
            key, owner, claimed: as of the store's `release`.
        """
        reason = f"no response within {RELEASE_TIMEOUT:g} s"
        with anyio.move_on_after(RELEASE_TIMEOUT, shield=True):
            try:
                await self._store.release(key, owner, claimed=claimed)
                return
            except StoreUnavailable as exc:
                reason = exc.reason
        logger.error("An idempotency key stays claimed until its store can be reached: %s", reason)
        self.remember(key, owner, claimed=claimed)

    def remember(self, key: str, owner: str, *, claimed: bool) -> None:
        """Free a key later."""
        if key in self._missed or len(self._missed) < MAX_MISSED:
            self._missed.setdefault(key, {})[owner] = claimed

    @property
    def is_behind(self) -> bool:
        """Whether there are keys that could not be freed yet."""
        return bool(self._missed)

    async def catch_up(self, *keys: str) -> bool:
        """Free what was missed of these keys; False if the store is still away."""
        for key in keys:
            for owner, claimed in self._missed.pop(key, {}).items():
                if key in self._missed:  # the store is still away
                    self.remember(key, owner, claimed=claimed)
                else:
                    await self.free(key, owner, claimed=claimed)
            if key in self._missed:
                return False
        return True

    async def catch_up_with_all(self) -> None:
        """Free all that was missed, unless the store is still away."""
        await self.catch_up(*self._missed)
