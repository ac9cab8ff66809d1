"""Keys in a SQL database through SQLAlchemy: `pip install armillary-idempotency[sql]`. Needs asyncio.

>>> from armillary.idempotency.sql import SQLStore
>>> store = SQLStore("sqlite+aiosqlite:///keys.db")
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

try:
    import sqlalchemy as sa
    from sqlalchemy.dialects import mysql
    from sqlalchemy.exc import IntegrityError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

    from armillary.concurrency import require_asyncio
    from armillary.concurrency.sql import BoundedStatements
except ImportError as _exc:
    raise ImportError("keys in SQL need SQLAlchemy: pip install 'armillary-idempotency[sql]'") from _exc

from armillary.asgi_types import Scope

from ._errors import StoreUnavailable
from ._store import StoredKey

__all__ = ["RequestSession", "SQLStore"]


class RequestSession(Protocol):
    """What executes statements in the transaction of a request, such as an `AsyncSession` or `AsyncConnection`."""

    def execute(self, statement: Any, /) -> Awaitable[Any]: ...


class SQLStore:
    """Keeps keys in one table of any database that SQLAlchemy drives.

    With `session` the response is stored in the transaction that the request's own work is in: both are kept or
    neither, whatever dies in between, so that each key has one effect. A claim whose process died is then simply run
    again when its lease ends. The middleware must be inside of what commits, which must do it before it sends the
    response's start:

        TransactionMiddleware(
            IdempotencyMiddleware(app, SQLStore(database.engine, session=database_session)), database
        )

    Args:
        engine: an async URL such as "postgresql+psycopg://...", or an `AsyncEngine` of your own.
        table: the table's name, "armillary_idempotency" by default. `create_table()` creates it.
        session: returns for a scope what executes in the request's transaction, in the same database:
            `armillary.sqlalchemy.database_session`, or yours.
        timeout: seconds to wait for a connection and for a statement, 5 by default.
        metadata: where to put the table, for migrations; by default a separate one.

    Raises:
        TypeError, ValueError: a timeout that is no number above 0, a session that cannot be called.
    """

    def __init__(
        self,
        engine: str | AsyncEngine,
        table: str = "armillary_idempotency",
        *,
        session: Callable[[Scope], RequestSession] | None = None,
        timeout: float = 5.0,
        metadata: sa.MetaData | None = None,
    ) -> None:
        if not isinstance(timeout, int | float) or isinstance(timeout, bool):
            raise TypeError(f"timeout is a number of seconds, got {timeout!r}")
        if not timeout > 0:
            raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
        if session is not None and not callable(session):
            raise TypeError(
                f"session is a function of the scope, such as armillary.sqlalchemy.database_session; got {session!r}"
            )
        self._owns_engine = isinstance(engine, str)
        self._engine = create_async_engine(engine) if isinstance(engine, str) else engine
        self._session = session
        self._timeout = timeout
        # Each statement is its own transaction and sees what others have committed by then.
        seeing = self._engine
        if seeing.dialect.name in ("postgresql", "mysql", "mariadb"):
            seeing = seeing.execution_options(isolation_level="READ COMMITTED")
        # SQLite is in this process, and waits for no network.
        self._bounded = None if seeing.dialect.name == "sqlite" else BoundedStatements(seeing, timeout)
        self.metadata: sa.MetaData = sa.MetaData() if metadata is None else metadata
        self.table: sa.Table = sa.Table(
            table,
            self.metadata,
            sa.Column("key", sa.String(64), primary_key=True),
            sa.Column("fingerprint", sa.String(64), nullable=False),
            sa.Column("owner", sa.String(32), nullable=False),
            sa.Column("claimed_until", sa.Double, nullable=False),
            sa.Column("expires", sa.Double, nullable=False, index=True),
            sa.Column("response", sa.LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb"), nullable=True),
        )

    @property
    def is_transactional(self) -> bool:
        """Whether responses are stored in the transactions of requests."""
        return self._session is not None

    async def create_table(self) -> None:
        """Create the table if it is missing; call it in the application's lifespan or a migration."""
        require_asyncio("SQLStore", "under trio use MemoryStore")
        async with self._engine.begin() as connection:
            await connection.run_sync(self.table.create, checkfirst=True)

    async def claim(
        self, key: str, fingerprint: str, owner: str, *, lease: float, lifetime: float, repeats: bool
    ) -> StoredKey | None:
        """Claim a key, or return what is stored about it. A transaction of its own, committed at once."""
        table = self.table.c
        while True:
            now = time.time()
            claim = {
                "fingerprint": fingerprint,
                "owner": owner,
                "claimed_until": now + lease,
                "expires": now + lifetime,
                "response": None,
            }
            try:
                await self._execute(self.table.insert().values(key=key, **claim))
                return None
            except IntegrityError:
                pass  # the key is there
            free = table.expires <= now
            if repeats:
                unfinished = table.response.is_(None) & (table.claimed_until <= now)
                free |= unfinished & (table.fingerprint == fingerprint)
            if (await self._execute(self.table.update().where(table.key == key, free).values(claim))).rowcount:
                return None
            stored = sa.select(table.fingerprint, table.response, table.claimed_until).where(table.key == key)
            row = (await self._execute(stored)).first()
            if row is not None:  # else it was released meanwhile
                return StoredKey(row.fingerprint, row.response, row.claimed_until - now)

    async def complete(self, key: str, owner: str, response: bytes, *, lifetime: float, scope: Scope) -> bool:
        """Store the response, in the transaction of the request if there is one; False if the claim was lost."""
        table = self.table.c
        claimed = self.table.update().where(table.key == key, table.owner == owner, table.response.is_(None))
        statement = claimed.values(response=response, expires=time.time() + lifetime)
        if self._session is None:
            result = await self._execute(statement)
        else:
            require_asyncio("SQLStore", "under trio use MemoryStore")
            result = await self._session(scope).execute(statement)
        return bool(result.rowcount)

    async def release(self, key: str, owner: str, *, claimed: bool = True) -> None:
        """Free a key that the owner has claimed and not completed."""
        table = self.table.c
        own = self.table.delete().where(table.key == key, table.owner == owner, table.response.is_(None))
        if (await self._execute(own)).rowcount or claimed:
            return
        # A claim that is still to be committed is not seen by others, but lets nobody insert its key until it is.
        row = {"key": key, "fingerprint": "", "owner": owner, "claimed_until": 0.0, "expires": 0.0, "response": None}
        with suppress(IntegrityError):
            await self._execute(self.table.insert().values(row))
        await self._execute(own)

    async def remove_expired(self) -> int:
        """Remove expired keys; return how many. Run it regularly, such as daily."""
        return int((await self._execute(self.table.delete().where(self.table.c.expires <= time.time()))).rowcount)

    async def close(self) -> None:
        """Close the connections, unless the engine is yours."""
        if self._owns_engine:
            await (self._engine.dispose() if self._bounded is None else self._bounded.close())

    async def _execute(self, statement: Any) -> Any:
        require_asyncio("SQLStore", "under trio use MemoryStore")
        try:
            if self._bounded is not None:
                return await self._bounded.execute(statement)
            async with asyncio.timeout(self._timeout), self._engine.begin() as connection:
                return await connection.execute(statement)
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError, TimeoutError) as exc:
            raise StoreUnavailable(f"the database of the keys cannot be used: {exc}") from exc
