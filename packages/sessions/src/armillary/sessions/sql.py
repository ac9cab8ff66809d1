"""Sessions in a SQL database through SQLAlchemy: `pip install armillary-sessions[sql]`. Needs asyncio.

>>> from armillary.sessions.sql import SQLStore
>>> store = SQLStore("sqlite+aiosqlite:///sessions.db")
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

try:
    import sqlalchemy as sa
    from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
    from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

    from armillary.concurrency import require_asyncio
    from armillary.concurrency.sql import BoundedStatements
except ImportError as _exc:
    raise ImportError("sessions in SQL need SQLAlchemy: pip install 'armillary-sessions[sql]'") from _exc

from ._errors import StoreUnavailable
from ._store import OTHER_STORES, StoredSession

__all__ = ["SQLStore"]


class SQLStore:
    """Keeps sessions in one table of any database that SQLAlchemy drives.

    Args:
        engine: an async URL such as "postgresql+psycopg://...", or an `AsyncEngine` of your own.
        table: the table's name, "armillary_sessions" by default. `create_table()` creates it.
        timeout: seconds to wait for a connection and for a statement, 5 by default, however silent the network is. A
            request waits for a connection of the pool as long as statements of others complete. SQLite has a time-out
            of its own.

    Raises:
        TypeError, ValueError: a timeout that is no number above 0.
    """

    def __init__(self, engine: str | AsyncEngine, table: str = "armillary_sessions", *, timeout: float = 5.0) -> None:
        if not isinstance(timeout, int | float) or isinstance(timeout, bool):
            raise TypeError(f"timeout is a number of seconds, got {timeout!r}")
        if not timeout > 0:
            raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
        self._engine = create_async_engine(engine) if isinstance(engine, str) else engine
        self._bounded = None if self._engine.dialect.name == "sqlite" else BoundedStatements(self._engine, timeout)
        self._unbounded: set[asyncio.Task[Any]] = set()
        self.metadata: sa.MetaData = sa.MetaData()
        self.table: sa.Table = sa.Table(
            table,
            self.metadata,
            sa.Column("key", sa.String(64), primary_key=True),
            sa.Column("data", sa.Text, nullable=False),
            sa.Column("version", sa.String(64), nullable=False),
            sa.Column("created", sa.Double, nullable=False),
            sa.Column("touched", sa.Double, nullable=False),
            sa.Column("expires", sa.Double, nullable=False, index=True),
        )

    async def create_table(self) -> None:
        """Create the table if it is missing; call it in the application's lifespan or a migration."""
        require_asyncio("SQLStore", OTHER_STORES)
        async with self._engine.begin() as connection:
            await connection.run_sync(self.metadata.create_all)

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None."""
        columns = self.table.c
        query = sa.select(columns.data, columns.version, columns.created, columns.touched).where(
            columns.key == key, columns.expires > time.time()
        )
        row = (await self._execute(query)).first()
        return None if row is None else StoredSession(*row)

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if the stored version is the expected one."""
        values = {**session._asdict(), "expires": time.time() + lifetime}
        columns = self.table.c
        if expected is not None:
            change = self.table.update().where(columns.key == key, columns.version == expected).values(values)
            return bool((await self._execute(change)).rowcount)
        await self._execute(self.table.delete().where(columns.key == key, columns.expires <= time.time()))
        try:
            await self._execute(self.table.insert().values(key=key, **values))
        except IntegrityError:
            return False
        return True

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if the stored version is the expected one."""
        columns = self.table.c
        change = self.table.delete().where(columns.key == key, columns.expires > time.time())
        if expected is not None:
            change = change.where(columns.version == expected)
        return bool((await self._execute(change)).rowcount)

    async def remove_expired(self) -> int:
        """Remove expired sessions; return how many. Run it regularly, such as daily; it may exceed `timeout`."""
        expired = self.table.delete().where(self.table.c.expires <= time.time())
        result = await self._execute(expired, is_bounded=False)
        return int(result.rowcount)

    async def close(self) -> None:
        """Close the connections."""
        await (self._engine.dispose() if self._bounded is None else self._bounded.close())

    async def _execute(self, statement: Any, is_bounded: bool = True) -> Any:
        require_asyncio("SQLStore", OTHER_STORES)
        try:
            return await self._execute_now(statement, is_bounded)
        except IntegrityError:
            raise
        except (SQLAlchemyError, OSError) as exc:
            raise StoreUnavailable(f"the session database cannot be used: {exc}") from exc

    async def _execute_now(self, statement: Any, is_bounded: bool) -> Any:
        # A pooled connection may be from before a restart of the database, so try once more with a new one.
        # The statements may be repeated: a save that already succeeded is then rejected by its version.
        try:
            return await self._execute_once(statement, is_bounded)
        except DBAPIError as exc:
            if not exc.connection_invalidated:
                raise
            return await self._execute_once(statement, is_bounded)

    async def _execute_once(self, statement: Any, is_bounded: bool) -> Any:
        if is_bounded and self._bounded is not None:
            return await self._bounded.execute(statement)
        # In a task that goes on if this one is cancelled: a cancel scope would interrupt the closing of its connection
        # too, and aiosqlite's then never ends.
        task = asyncio.ensure_future(self._run(statement))
        self._unbounded.add(task)  # the event loop has only weak references
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def _run(self, statement: Any) -> Any:
        async with self._engine.begin() as connection:
            return await connection.execute(statement)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._unbounded.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it
