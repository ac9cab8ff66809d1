"""The transaction of one database session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from .._errors import DatabaseUnavailable
from .._options import TransactionOptions
from .._shield import start_detached
from ._request_session import SESSION_ENDED_KEY, SESSION_ENDED_MESSAGE

Bind = AsyncEngine | AsyncConnection


class SessionTransaction:
    """The transaction of one session; a `Transaction`.

    Args:
        session: one that has not begun.
        bind_for: returns what runs a transaction with these options.
    """

    __slots__ = ("_bind_for", "session")

    def __init__(self, session: AsyncSession, bind_for: Callable[[TransactionOptions], Bind]) -> None:
        self.session: AsyncSession = session
        self._bind_for = bind_for

    def configure(self, options: TransactionOptions) -> bool:
        """Set how the transaction runs; return False if it has begun."""
        if self.session.in_transaction():
            return False
        bind = self._bind_for(options)
        self.session.bind = bind
        self.session.sync_session.bind = bind.sync_connection if isinstance(bind, AsyncConnection) else bind.sync_engine
        return True

    async def begin(self) -> None:
        """Do nothing: the session begins with its first statement."""

    async def commit(self) -> None:
        """Commit, and return the connection."""
        await self.session.commit()
        self.session.info[SESSION_ENDED_KEY] = SESSION_ENDED_MESSAGE

    async def rollback(self) -> None:
        """Roll back and return the connection, even if cancelled meanwhile."""
        self.session.info[SESSION_ENDED_KEY] = SESSION_ENDED_MESSAGE
        await asyncio.shield(start_detached(close_session(self.session)))

    async def restart(self) -> None:
        """Allow the session, which is empty, to be used again."""
        self.session.info.pop(SESSION_ENDED_KEY, None)


async def close_session(session: AsyncSession) -> None:
    """Close a session; if its connection is lost, the database rolls back by itself."""
    try:
        await session.close()
    except DatabaseUnavailable:
        await session.close()  # the connection is discarded now, so nothing is left to fail
