"""A database: its start and end, and the transactions of its sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, Self

from sqlalchemy import MetaData
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from .._errors import DatabaseError, TransactionConflict
from .._event_loop import require_asyncio
from .._options import TransactionOptions
from .._shield import finish_shielded
from ..connections import _events as events
from ..connections._deadline import Deadlines
from ..transactions._access import commit_or_roll_back
from ..transactions._request_session import guarded_session_class
from ..transactions._session_transaction import Bind, SessionTransaction
from . import _acquisition as acquisition
from ._engine import OptionEngines, new_engine
from ._opening import CONNECTION_ERRORS, require_tables, unusable
from ._pool import PoolStatus, Settings, limit_of, queue_settings, require_separate_connections
from ._readiness import Readiness, check_readiness
from ._url import database_url


class Database:
    """A database whose sessions follow requests; a `TransactionSource` over SQLAlchemy.

    Args:
        url: such as "sqlite:///bank.db", "postgresql://user:password@host/name" or
            "mariadb://host/name". The installed async driver is used if none is named.
            An `AsyncEngine` of your own keeps its pool and settings.
        name: what `database_session(request, name)` asks for, if there are several.
        metadata: the tables that must exist when the program starts.
        isolation_level: of every transaction that sets none; the database's default otherwise.
        statement_timeout: seconds, for every transaction that sets none; none by default.
        pool_size: connections kept open, 5 by default.
        max_overflow: connections opened beside those when all are in use, 10 by default.
        pool_timeout: seconds a request waits for a connection before it gets a 503; 5. It applies
            to an engine of your own too, unless the engine's own time-out is shorter; there it
            covers making a new connection. None leaves it to the engine, whose default is 30.
        pool_recycle: seconds after which a connection is replaced; 1800.
        connect_timeout: seconds to wait for a new connection, for the test of an idle one, and for
            SQLite's write lock; 5.
        operation_timeout: seconds until a request gets a 503 and its connection is thrown away since
            a statement without `statement_timeout` (with one: that and 2), COMMIT, ROLLBACK or
            closing got no response; 8. Not for SQLite, which is in no network.
        session_class: `AsyncSession`, or a subclass such as SQLModel's.
        engine_options: further arguments of `create_async_engine`.

    Raises:
        TypeError: `metadata` or `session_class` is something else.
        ValueError: a wrong URL or setting; an engine whose pool shares one connection.
        DatabaseError: the driver is not installed; the message names the extra.

    >>> database = Database("sqlite:///:memory:")
    >>> database.name
    'default'
    """

    begins_early = False

    def __init__(
        self,
        url: str | URL | AsyncEngine = "sqlite:///app.db",
        *,
        name: str = "default",
        metadata: MetaData | None = None,
        isolation_level: str | None = None,
        statement_timeout: float | None = None,
        pool_size: int = 5,
        max_overflow: int = 10,
        pool_timeout: float | None = 5.0,
        pool_recycle: float = 1800,
        connect_timeout: float = 5.0,
        operation_timeout: float = 8.0,
        session_class: type[AsyncSession] = AsyncSession,
        engine_options: dict[str, Any] | None = None,
    ) -> None:
        if metadata is not None and not isinstance(metadata, MetaData):
            raise TypeError(f"metadata is the MetaData of the tables, such as Base.metadata; got {metadata!r}")
        if not (isinstance(session_class, type) and issubclass(session_class, AsyncSession)):
            raise TypeError(f"session_class is AsyncSession or a subclass of it; got {session_class!r}")
        self.name = name
        self.metadata = metadata
        self.options: TransactionOptions = TransactionOptions(isolation_level, None, statement_timeout)
        self.session_class = session_class
        self._pool_limit: int | None = None
        settings = Settings(
            pool_size, max_overflow, pool_timeout, pool_recycle, connect_timeout, operation_timeout
        ).checked()
        if isinstance(url, AsyncEngine):
            self.engine: AsyncEngine = url
            wait = pool_timeout
        else:
            # The pool and the driver enforce these limits already; only this one ends a handshake that hangs.
            wait = None if pool_timeout is None else pool_timeout + connect_timeout
            target, options = database_url(url), engine_options or {}
            self._pool_limit = limit_of(queue_settings(target, settings, options))
            self.engine = new_engine(target, settings, options)
        require_separate_connections(self.engine.pool)
        self._deadlines = Deadlines(operation_timeout, connect_timeout)
        if self.engine.dialect.name != "sqlite":
            self._deadlines.listen(self.engine.sync_engine)
        acquisition.listen(self.engine.sync_engine)
        events.listen(self.engine.sync_engine, busy_timeout=connect_timeout)
        self._engines = OptionEngines(self.engine, acquisition.Limits(wait, connect_timeout))
        self._sync_session_class = guarded_session_class(session_class)
        self._connection: AsyncConnection | None = None

    @property
    def url(self) -> str:
        """The URL in use, its password hidden."""
        return self.engine.url.render_as_string(hide_password=True)

    async def open(self) -> None:
        """Connect, and check that the tables of `metadata` exist.

        Raises:
            DatabaseError: the database cannot be reached, or tables are missing.
        """
        require_asyncio("Database")
        try:
            async with self._connect() as connection:
                if self.metadata is not None:
                    await require_tables(connection, self.metadata, self.url)
        except CONNECTION_ERRORS as exc:
            await self.close()
            raise unusable(self.url, exc) from exc
        except DatabaseError:
            await self.close()
            raise

    async def create_tables(self) -> None:
        """Create the tables of `metadata` that are missing. For tests and small programs; others run migrations.

        Raises:
            ValueError: there is no `metadata`.
            DatabaseError: the database cannot be reached.
        """
        require_asyncio("Database")
        if self.metadata is None:
            raise ValueError("metadata: give Database the metadata whose tables it should create")
        try:
            connection = await self._connect()
        except CONNECTION_ERRORS as exc:
            await self.close()
            raise unusable(self.url, exc) from exc
        async with aclosing(connection), connection.begin():
            await connection.run_sync(self.metadata.create_all)

    async def close(self) -> None:
        """Close all idle connections; those that do not close within `operation_timeout` are shut down."""
        require_asyncio("Database")
        loop = asyncio.get_running_loop()
        severing = loop.call_later(self._deadlines.seconds, self._deadlines.sever_all)
        try:
            await finish_shielded()
            await self.engine.dispose()
        finally:
            severing.cancel()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncGenerator[None]:
        """Keep the database open while an application runs: `Armillary(lifespan=database.lifespan)`."""
        async with self:
            yield

    def new_transaction(self, options: TransactionOptions) -> SessionTransaction:
        """Return a transaction that has not begun; its session takes a connection when it first needs one."""
        return SessionTransaction(self.new_session(options), self._bind_for)

    def new_session(self, options: TransactionOptions | None = None) -> AsyncSession:
        """Return a session outside of any request, which you commit and close."""
        return self.session_class(
            bind=self._bind_for(options or TransactionOptions()),
            sync_session_class=self._sync_session_class,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )

    def _bind_for(self, options: TransactionOptions) -> Bind:
        return self._connection or self._engines.for_options(options.over(self.options))

    def _connect(self) -> AsyncConnection:
        return self._engines.for_options(TransactionOptions()).connect()

    def transaction(
        self,
        *,
        isolation_level: str | None = None,
        read_only: bool | None = None,
        statement_timeout: float | None = None,
    ) -> AbstractAsyncContextManager[AsyncSession]:
        """Run a transaction outside of any request: `async with database.transaction() as session`.

        It is committed at the end of the block, and rolled back when the block raises.
        """
        require_asyncio("Database")
        options = TransactionOptions(isolation_level, read_only, statement_timeout)
        return commit_or_roll_back(self.new_transaction(options))

    def is_conflict(self, exc: BaseException) -> bool:
        """Return whether the same transaction, run again, may succeed."""
        return isinstance(exc, TransactionConflict)

    @asynccontextmanager
    async def rolled_back(self) -> AsyncGenerator[Self]:
        """Undo at the end of the block everything committed in it. For tests.

        All transactions run on one connection, as savepoints of one that is rolled back, so they
        must come one after the other; two at once would end each other's savepoints. Isolation levels and
        time-outs of single transactions do not apply.
        """
        require_asyncio("Database")
        async with self._connect() as connection:
            outer = await connection.begin()
            self._connection = connection
            try:
                yield self
            finally:
                self._connection = None
                await outer.rollback()

    def pool_status(self) -> PoolStatus:
        """Return how many connections are in use now."""
        pool = self.engine.pool
        if not isinstance(pool, QueuePool):
            raise ValueError(f"a {type(pool).__name__} does not count its connections")
        return PoolStatus(pool.checkedout(), pool.checkedin(), self._pool_limit)

    async def readiness(self, timeout: float = 2.0) -> Readiness:
        """Check whether the database responds.

        Args:
            timeout: seconds to wait for it.
        """
        require_asyncio("Database")
        return await check_readiness(self._connect, timeout)
