"""Listeners on the connections of an engine: how transactions begin, and what errors become.

SQLAlchemy calls listeners between two statements. They run their statements on the current
connection, in the transaction that is about to begin.
"""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import PoolResetState

from . import _fault
from ._errors import DatabaseUnavailable, StatementTimeout, TransactionConflict
from ._sqlite_connection import set_factory, terminate

READ_ONLY: Final = "armillary_read_only"
READS_FIRST: Final = "armillary_reads_first"
STATEMENT_TIMEOUT: Final = "armillary_statement_timeout"
"""Execution options of an engine, read when a transaction begins."""

POSTGRESQL_MAX_TIMEOUT: Final = 2**31 - 1
"""The longest time-out PostgreSQL accepts, in milliseconds: some 24 days."""

SQLITE_STEPS_PER_CHECK: Final = 20_000
"""Virtual machine instructions between two checks of the deadline, some tenths of a millisecond."""


def listen(engine: Engine, *, busy_timeout: float) -> None:
    """Add the listeners that suit the engine's database."""
    event.listen(engine, "handle_error", translate_error)
    name = engine.dialect.name
    if name == "sqlite":
        listen_on_sqlite(engine, busy_timeout)
    elif name == "postgresql":
        event.listen(engine, "begin", begin_on_postgresql)
    elif name in ("mysql", "mariadb"):
        event.listen(engine, "begin", begin_on_mariadb)


def translate_error(context: ExceptionContext) -> None:
    """Raise an exception that has a response in place of the driver's error."""
    error = context.original_exception
    if context.is_pre_ping or not isinstance(error, Exception):  # a cancelled statement stays cancelled
        return
    if _fault.is_conflict(error):
        raise TransactionConflict from error
    if _fault.is_statement_timeout(error):
        raise StatementTimeout from error
    if context.is_disconnect or context.connection is None or _fault.is_connection_lost(error):
        raise DatabaseUnavailable from error


def begin_on_postgresql(connection: Connection) -> None:
    """Set the statement time-out for this transaction alone."""
    timeout = connection.get_execution_options().get(STATEMENT_TIMEOUT)
    if timeout is not None:
        milliseconds = min(max(1, round(timeout * 1000)), POSTGRESQL_MAX_TIMEOUT)
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")


def begin_on_mariadb(connection: Connection) -> None:
    """Begin, read-only if requested; set the connection's statement time-out if it differs."""
    options = connection.get_execution_options()
    timeout = options.get(STATEMENT_TIMEOUT) or 0
    if connection.info.get(STATEMENT_TIMEOUT, 0) != timeout:
        connection.exec_driver_sql(f"SET SESSION max_statement_time = {timeout:f}")
        connection.info[STATEMENT_TIMEOUT] = timeout
    if options.get(READ_ONLY):
        connection.exec_driver_sql("START TRANSACTION READ ONLY")


def listen_on_sqlite(engine: Engine, busy_timeout: float) -> None:
    """Make SQLite a database with foreign keys, real transactions and statement time-outs."""

    def prepare(dbapi_connection: Any, record: Any) -> None:
        # Python's driver begins transactions late, and not at all for reading: begin_on_sqlite does it.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (f"busy_timeout = {round(busy_timeout * 1000)}", "journal_mode = WAL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        deadline = Deadline()
        record.info[STATEMENT_TIMEOUT] = deadline
        dbapi_connection.run_async(deadline.watch)

    if engine.dialect.has_terminate:
        engine.dialect.do_terminate = terminate  # type: ignore[method-assign]
    event.listen(engine, "do_connect", set_factory)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin_on_sqlite)
    event.listen(engine, "reset", roll_back_on_sqlite)
    event.listen(engine, "before_cursor_execute", start_clock)


class Deadline:
    """When SQLite is to abort a statement; checked in the thread that runs it."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.moment = 0.0

    def watch(self, driver_connection: Any) -> Any:
        """Check the deadline while the connection runs statements."""
        return driver_connection.set_progress_handler(self.has_passed, SQLITE_STEPS_PER_CHECK)

    def has_passed(self) -> bool:
        """Return whether the statement is to be aborted."""
        return self.seconds is not None and time.monotonic() > self.moment


def start_clock(connection: Connection, *_: Any) -> None:
    """Set the deadline of the next statement."""
    deadline: Deadline | None = connection.info.get(STATEMENT_TIMEOUT)
    if deadline is not None and deadline.seconds is not None:
        deadline.moment = time.monotonic() + deadline.seconds


def begin_on_sqlite(connection: Connection) -> None:
    """Begin with the write lock, so that no transaction fails half-way to get it; without it, to read."""
    options = connection.get_execution_options()
    read_only = bool(options.get(READ_ONLY))
    deadline: Deadline | None = connection.info.get(STATEMENT_TIMEOUT)
    if deadline is not None:
        deadline.seconds = options.get(STATEMENT_TIMEOUT)
    if connection.info.get(READ_ONLY, False) != read_only:
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        connection.info[READ_ONLY] = read_only
    reads_first = read_only or options.get(READS_FIRST)
    connection.exec_driver_sql("BEGIN" if reads_first else "BEGIN IMMEDIATE")


def roll_back_on_sqlite(dbapi_connection: Any, _: object, reset_state: PoolResetState) -> None:
    """Roll back what a failed COMMIT leaves open, as after a violation of a deferred foreign key."""
    if reset_state.asyncio_safe and dbapi_connection.driver_connection.in_transaction:
        dbapi_connection.rollback()
