"""The database session of a request, and separate transactions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from armillary.asgi_types import Scope

from .._event_loop import require_asyncio
from .._options import TransactionOptions
from ._source import Transaction
from ._unit_of_work import unit_of_work

SCOPE_KEY: Final = "armillary_scope"
"""The key of `session.info` under which the session of a parameter keeps its connection's scope."""


class HasScope(Protocol):
    """A request or WebSocket, of whatever framework."""

    @property
    def scope(self) -> Any: ...


def scope_of(connection: Any) -> Any:
    """Return the scope of a request, of a WebSocket, or of a session that was a parameter; else what was given."""
    if isinstance(connection, AsyncSession) and SCOPE_KEY in connection.info:
        return connection.info[SCOPE_KEY]
    return getattr(connection, "scope", connection)


def database_session(connection: HasScope | Scope, database: str = "default") -> AsyncSession:
    """Return the database session of a request or of a WebSocket.

    A typed endpoint takes it as a parameter: `session: DatabaseSession`.

    It is the same for the whole request. It takes a connection from the pool when it first needs
    one, and is committed or rolled back before the response starts.

    Args:
        connection: the request, the WebSocket, or the scope.
        database: its name, if there are several.

    Raises:
        SessionMissing: no `TransactionMiddleware` wraps the application.
        SessionClosed: the response has started.
        RuntimeError: called in a worker thread, or under trio.
    """
    require_asyncio("database_session()")
    found: AsyncSession = unit_of_work(scope_of(connection), database).transaction().session
    return found


class SessionOf:
    """Marks a parameter of a typed endpoint that is the request's session of a database.

    Args:
        database: its name, if there are several.

    >>> ArchiveSession = Annotated[AsyncSession, SessionOf("archive")]
    """

    def __init__(self, database: str = "default") -> None:
        self.database = database

    def __from_scope__(self, scope: Scope) -> AsyncSession:
        session = database_session(scope, self.database)
        session.info[SCOPE_KEY] = scope
        return session


DatabaseSession = Annotated[AsyncSession, SessionOf()]
"""The request's session, as a parameter of a typed endpoint or of what it depends on: `session: DatabaseSession`."""


def set_rollback_only(connection: HasScope | Scope, database: str = "default") -> None:
    """Roll back the transaction of a request, whatever its response will be."""
    unit_of_work(scope_of(connection), database).rollback_only = True


@asynccontextmanager
async def transaction(
    connection: HasScope | Scope,
    *,
    database: str = "default",
    isolation_level: str | None = None,
    read_only: bool | None = None,
    statement_timeout: float | None = None,
) -> AsyncGenerator[AsyncSession]:
    """Run a separate transaction, beside that of the request.

    Use it for each message of a WebSocket, in a stream, in a background task. It is committed at
    the end of the block, and rolled back when the block raises or is cancelled.

    Args:
        connection: the request, the WebSocket, or the scope.
        database: its name, if there are several.
        isolation_level, read_only, statement_timeout: see `TransactionOptions`.
    """
    require_asyncio("transaction()")
    options = TransactionOptions(isolation_level, read_only, statement_timeout)
    async with commit_or_roll_back(unit_of_work(scope_of(connection), database).independent(options)) as opened:
        yield opened


@asynccontextmanager
async def commit_or_roll_back(opened: Transaction) -> AsyncGenerator[Any]:
    """Begin a transaction; commit it at the end of the block, or roll it back if the block raises."""
    try:
        await opened.begin()
        yield opened.session
        await opened.commit()
    except BaseException:
        await opened.rollback()
        raise
