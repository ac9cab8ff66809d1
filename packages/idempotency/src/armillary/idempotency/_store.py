"""The protocol of a store: claim a key, complete it, release it.

    free        nobody used the key, or it has expired
    claimed     a request runs, until its lease ends
    unfinished  the lease ended without a response: the process died, or the request takes longer
    completed   the response is stored, until the key expires

A claim names its owner; only that owner completes or releases it. So a request that outlived its lease changes nothing.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from armillary.asgi_types import Scope


class StoredKey(NamedTuple):
    """What is stored about a key that cannot be claimed.

    Attributes:
        fingerprint: of the payload of the request that claimed it.
        response: what is to be replayed; None while there is none.
        remaining: seconds until the lease ends, 0 or less if it has; without meaning if there is a response.
    """

    fingerprint: str
    response: bytes | None
    remaining: float


class IdempotencyStore(Protocol):
    """Where keys are kept. Every method may raise `StoreUnavailable`.

    Attributes:
        is_transactional: whether `complete` is a part of the transaction that the request's own work is in, so that
            both are kept or neither.
    """

    @property
    def is_transactional(self) -> bool: ...

    async def claim(
        self, key: str, fingerprint: str, owner: str, *, lease: float, lifetime: float, repeats: bool
    ) -> StoredKey | None:
        """Claim a key, or return what is stored about it.

        Args:
            key: 64 hexadecimal digits.
            fingerprint: of the payload, 64 hexadecimal digits.
            owner: of the claim, 32 hexadecimal digits.
            lease: seconds until the claim counts as unfinished.
            lifetime: seconds until the key expires.
            repeats: whether an unfinished claim of the same payload may be claimed again.

        Returns:
            None if the key is claimed now.
        """
        ...

    async def complete(self, key: str, owner: str, response: bytes, *, lifetime: float, scope: Scope) -> bool:
        """Store the response; False if the claim is not the owner's any more."""
        ...

    async def release(self, key: str, owner: str, *, claimed: bool = True) -> None:
        """Free a key that the owner has claimed and not completed; otherwise do nothing.

        Args:
            key, owner: as of `claim`.
            claimed: False if the claim got no response, so that the store may receive it after this; then it does not
                claim the key any more.
        """
        ...

    async def close(self) -> None:
        """Close what the store has opened."""
        ...
