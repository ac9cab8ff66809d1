"""SQLite as a database with foreign keys, real transactions and statement time-outs."""

from __future__ import annotations

import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import PoolResetState

from ._execution_options import READ_ONLY, READS_FIRST, STATEMENT_TIMEOUT
from ._sqlite_connection import set_factory, terminate

STEPS_PER_CHECK: Final = 20_000
"""Virtual machine instructions between two looks at the clock, some tenths of a millisecond."""


class StatementClock:
    """When SQLite is to abort a statement; checked in the thread that runs it."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.end = 0.0

    def watch(self, driver_connection: Any) -> Any:
        """Check the clock while the connection runs statements."""
        return driver_connection.set_progress_handler(self.has_ended, STEPS_PER_CHECK)

    def has_ended(self) -> bool:
        """Return whether the statement is to be aborted."""
        return self.seconds is not None and time.monotonic() > self.end


def listen_on_sqlite(engine: Engine, busy_timeout: float) -> None:
    """Add the listeners of SQLite.

    Args:
        engine: which engine.
        busy_timeout: seconds to wait for the write lock.
    """

    def prepare(dbapi_connection: Any, record: Any) -> None:
        # Python's driver begins transactions late, and not at all for reading: begin_on_sqlite does it.
        dbapi_connection.isolation_level = None
        cursor = dbapi_connection.cursor()
        for pragma in (f"busy_timeout = {round(busy_timeout * 1000)}", "journal_mode = WAL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        clock = StatementClock()
        record.info[STATEMENT_TIMEOUT] = clock
        dbapi_connection.run_async(clock.watch)

    if engine.dialect.has_terminate:
        engine.dialect.do_terminate = terminate  # type: ignore[method-assign]
    event.listen(engine, "do_connect", set_factory)
    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin_on_sqlite)
    event.listen(engine, "reset", roll_back_on_sqlite)
    event.listen(engine, "before_cursor_execute", start_clock)


def start_clock(connection: Connection, *_: Any) -> None:
    """Set when the next statement has to end."""
    clock: StatementClock | None = connection.info.get(STATEMENT_TIMEOUT)
    if clock is not None and clock.seconds is not None:
        clock.end = time.monotonic() + clock.seconds


def begin_on_sqlite(connection: Connection) -> None:
    """Begin with the write lock, so that no transaction fails half-way to get it; without it, to read."""
    options = connection.get_execution_options()
    read_only = bool(options.get(READ_ONLY))
    clock: StatementClock | None = connection.info.get(STATEMENT_TIMEOUT)
    if clock is not None:
        clock.seconds = options.get(STATEMENT_TIMEOUT)
    if connection.info.get(READ_ONLY, False) != read_only:
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if read_only else 'OFF'}")
        connection.info[READ_ONLY] = read_only
    reads_first = read_only or options.get(READS_FIRST)
    connection.exec_driver_sql("BEGIN" if reads_first else "BEGIN IMMEDIATE")


def roll_back_on_sqlite(dbapi_connection: Any, _: object, reset_state: PoolResetState) -> None:
    """Roll back what a failed COMMIT leaves open, as after a violation of a deferred foreign key."""
    if reset_state.asyncio_safe and dbapi_connection.driver_connection.in_transaction:
        dbapi_connection.rollback()
