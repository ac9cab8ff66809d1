"""A database: engine, sessions, start and end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import QueuePool

from armillary.asgi_types import HTTPException

from . import _acquisition as acquisition, _engine_events as events
from ._access import commit_or_roll_back
from ._engine import (
    PoolSettings,
    execution_options,
    limit_of,
    new_engine,
    queue_settings,
    require_separate_connections,
)
from ._errors import DatabaseError, DatabaseUnavailable, TransactionConflict
from ._event_loop import require_asyncio
from ._options import TransactionOptions
from ._request_session import SESSION_ENDED_KEY, SESSION_ENDED_MESSAGE, guarded_session_class
from ._shield import finish_shielded, run_shielded
from ._url import database_url, redacted

DEFAULT_OPTIONS: Final = TransactionOptions()
CONNECTION_ERRORS: Final = (HTTPException, SQLAlchemyError, OSError)
"""What is raised when there is no connection."""
MAX_ENGINES: Final = 64
"""Engines cached, one for each set of options; a program that computes its time-outs may use any number."""


class PoolStatus(NamedTuple):
    """Connections of a pool: in use, idle, and the most there may be (None: unknown)."""

    in_use: int
    idle: int
    limit: int | None


class Readiness(NamedTuple):
    """Whether a database responds; `reason` says why it does not."""

    ready: bool
    reason: str = ""


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
        connect_timeout: seconds to wait for a new connection, and for SQLite's write lock; 5.
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
        session_class: type[AsyncSession] = AsyncSession,
        engine_options: dict[str, Any] | None = None,
    ) -> None:
        if metadata is not None and not isinstance(metadata, MetaData):
            raise TypeError(f"metadata is the MetaData of the tables, such as Base.metadata; got {metadata!r}")
        if not (isinstance(session_class, type) and issubclass(session_class, AsyncSession)):
            raise TypeError(f"session_class is AsyncSession or a subclass of it; got {session_class!r}")
        self.name = name
        self.metadata = metadata
        self.options = TransactionOptions(isolation_level, None, statement_timeout)
        self.session_class = session_class
        self._pool_limit: int | None = None
        pool = PoolSettings(pool_size, max_overflow, pool_timeout, pool_recycle, connect_timeout).checked()
        if isinstance(url, AsyncEngine):
            self.engine = url
            wait = pool_timeout
        else:
            # The pool and the driver enforce these limits already; only this one ends a handshake that hangs.
            wait = None if pool_timeout is None else pool_timeout + connect_timeout
            target, options = database_url(url), engine_options or {}
            self._pool_limit = limit_of(queue_settings(target, pool, options))
            self.engine = new_engine(target, pool, options)
        self._limits = acquisition.Limits(wait, connect_timeout)
        require_separate_connections(self.engine.pool)
        acquisition.listen(self.engine.sync_engine)
        events.listen(self.engine.sync_engine, busy_timeout=connect_timeout)
        self._sync_session_class = guarded_session_class(session_class)
        self._engines: dict[TransactionOptions, AsyncEngine] = {}
        self._connection: AsyncConnection | None = None

    @property
    def url(self) -> str:
        """The URL in use, its password hidden."""
        return redacted(self.engine.url)

    # -- start and end of the program ----------------------------------------------------------

    async def open(self) -> None:
        """Connect, and check that the tables of `metadata` exist.

        Raises:
            DatabaseError: the database cannot be reached, or tables are missing.
        """
        require_asyncio("Database")
        try:
            async with self._connect() as connection:
                missing = await connection.run_sync(self._missing_tables)
        except CONNECTION_ERRORS as exc:
            raise await self._unusable(exc) from exc
        if missing:
            await self.engine.dispose()
            raise DatabaseError(
                f"the database {self.url} has no table {', '.join(missing)}: run the migrations, "
                "or `await database.create_tables()` before"
            )

    async def _unusable(self, exc: Exception) -> DatabaseError:
        """Close the connections, and return the error to raise at the start of the program."""
        await self.engine.dispose()
        return DatabaseError(
            f"the database {self.url} cannot be used: {first_line(exc.__cause__ or exc)}; "
            "check host, port, name, user and password, and that the server runs"
        )

    def _missing_tables(self, connection: Connection) -> list[str]:
        if self.metadata is None:
            return []
        found = inspect(connection)
        return [
            table.fullname
            for table in self.metadata.sorted_tables
            if not found.has_table(table.name, schema=table.schema)
        ]

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
            raise await self._unusable(exc) from exc
        async with aclosing(connection), connection.begin():
            await connection.run_sync(self.metadata.create_all)

    async def close(self) -> None:
        """Close all idle connections."""
        require_asyncio("Database")
        await finish_shielded()
        await self.engine.dispose()

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

    # -- transactions --------------------------------------------------------------------------

    def new_transaction(self, options: TransactionOptions) -> SessionTransaction:
        """Return a transaction that has not begun; its session takes a connection when it first needs one."""
        return SessionTransaction(self.new_session(options))

    def new_session(self, options: TransactionOptions | None = None) -> AsyncSession:
        """Return a session outside of any request, which you commit and close."""
        chosen = self.options if options is None else options.over(self.options)
        return self.session_class(
            bind=self._connection or self._engine_for(chosen),
            sync_session_class=self._sync_session_class,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        )

    def _connect(self) -> AsyncConnection:
        return self._engine_for(DEFAULT_OPTIONS).connect()

    def _engine_for(self, options: TransactionOptions) -> AsyncEngine:
        """Return the engine over the same pool whose transactions run with these options."""
        engine = self._engines.get(options)
        if engine is None:
            chosen = execution_options(options, self.engine.dialect.name)
            engine = acquisition.with_limits(self.engine.execution_options(**chosen), self._limits)
            if len(self._engines) >= MAX_ENGINES:
                self._engines.clear()
            self._engines[options] = engine
        return engine

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
        return commit_or_roll_back(
            self.new_transaction(TransactionOptions(isolation_level, read_only, statement_timeout))
        )

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

    # -- state ---------------------------------------------------------------------------------

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
        try:
            async with asyncio.timeout(timeout), self._connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except TimeoutError:
            return Readiness(False, f"no response in {timeout:g} s")
        except HTTPException as exc:
            return Readiness(False, exc.detail)
        except (SQLAlchemyError, OSError) as exc:
            return Readiness(False, type(exc).__name__)
        return Readiness(True)


class SessionTransaction:
    """The transaction of one session; a `Transaction`."""

    __slots__ = ("session",)

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def begin(self) -> None:
        """Do nothing: the session begins with its first statement."""

    async def commit(self) -> None:
        """Commit, and return the connection."""
        await self.session.commit()
        self.session.info[SESSION_ENDED_KEY] = SESSION_ENDED_MESSAGE

    async def rollback(self) -> None:
        """Roll back and return the connection, even if cancelled meanwhile."""
        self.session.info[SESSION_ENDED_KEY] = SESSION_ENDED_MESSAGE
        await run_shielded(close_session(self.session))

    async def restart(self) -> None:
        """Allow the session, which is empty, to be used again."""
        self.session.info.pop(SESSION_ENDED_KEY, None)


async def close_session(session: AsyncSession) -> None:
    """Close a session; if its connection is lost, the database rolls back by itself."""
    try:
        await session.close()
    except DatabaseUnavailable:
        await session.close()  # the connection is discarded now, so nothing is left to fail


def first_line(exc: BaseException) -> str:
    """Return the first line of an exception's message."""
    return (str(exc) or type(exc).__name__).splitlines()[0]
