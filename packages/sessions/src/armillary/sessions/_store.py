"""The protocol of a store: load, compare and save, delete.

Stores get a hash of the session's id, so that read access to a store does not give access to a
session, and JSON text, so that write access to one does not let anyone run code.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

OTHER_STORES: Final = "under trio use MemoryStore or FileStore"


class StoredSession(NamedTuple):
    """A session as it is stored.

    Attributes:
        data: the session's keys and values, as a JSON object.
        version: changes with every save, so that a save can detect that another came first.
        created: when the session began, in seconds since 1970.
        touched: when it was last saved, in seconds since 1970.
    """

    data: str
    version: str
    created: float
    touched: float


class SessionStore(Protocol):
    """Where sessions are kept. Every method may raise `StoreUnavailable`."""

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None if there is none or it has expired."""
        ...

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if that under `key` has the version `expected`, in one step.

        Args:
            key: the hashed id.
            session: what to store.
            expected: the version that was loaded; None if there must be no session yet.
            lifetime: seconds after which the session expires.

        Returns:
            False, without saving, if another version is stored.
        """
        ...

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if it has the version `expected`, in one step.

        Args:
            key: the hashed id.
            expected: the version that was loaded; None for any.

        Returns:
            Whether it was deleted; False if there is none, or another version is stored.
        """
        ...
