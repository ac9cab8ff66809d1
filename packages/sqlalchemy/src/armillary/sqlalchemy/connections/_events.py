"""Listeners on the connections of an engine: how transactions begin, and what errors become.

SQLAlchemy calls listeners between two statements. They run their statements on the current
connection, in the transaction that is about to begin.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from .._errors import DatabaseUnavailable, StatementTimeout, TransactionConflict
from . import _fault
from ._deadline import NoResponse
from ._execution_options import READ_ONLY, STATEMENT_TIMEOUT
from ._reset import listen_to_resets
from ._sqlite import listen_on_sqlite
from ._two_phase import listen_to_two_phases
from ._undone import FAILED_KEY, FAILED_STATE, listen_for_undone_transactions, record_failure, undone

POSTGRESQL_MAX_TIMEOUT: Final = 2**31 - 1
"""The longest time-out PostgreSQL accepts, in milliseconds: some 24 days."""


def listen(engine: Engine, *, busy_timeout: float) -> None:
    """Add the listeners that suit the engine's database."""
    event.listen(engine, "handle_error", translate_error)
    listen_for_undone_transactions(engine)
    listen_to_two_phases(engine)
    name = engine.dialect.name
    if name == "sqlite":
        listen_on_sqlite(engine, busy_timeout)
    elif name == "postgresql":
        event.listen(engine, "begin", begin_on_postgresql)
    elif name in ("mysql", "mariadb"):
        event.listen(engine, "begin", begin_on_mariadb)
        listen_to_resets(engine)


def translate_error(context: ExceptionContext) -> None:
    """Raise an exception that has a response in place of the driver's error."""
    error = context.original_exception
    if context.is_pre_ping or not isinstance(error, Exception):  # a cancelled statement stays cancelled
        return
    if context.connection is not None and not context.connection.invalidated:
        if _fault.sqlstate(error) == FAILED_STATE:
            raise context.connection.info.get(FAILED_KEY, undone(error))() from error
        record_failure(context.connection, error)
    if isinstance(error, NoResponse):
        context.is_disconnect = True
        raise DatabaseUnavailable("The database did not respond in time") from error
    if _fault.is_conflict(error):
        raise TransactionConflict from error
    if _fault.is_statement_timeout(error):
        raise StatementTimeout from error
    if context.is_disconnect or context.connection is None or _fault.is_connection_lost(error):
        raise DatabaseUnavailable from error
    # One class for what is wrong with a value, whether the database says so or the driver, and however it says it.
    if _fault.is_impossible_value(error):
        raise_as(DataError, error, context)
    if _fault.is_violation(error):
        raise_as(IntegrityError, error, context)


def raise_as(kind: type[DBAPIError], error: Exception, context: ExceptionContext) -> None:
    """Raise a driver's error as one of this class, unless SQLAlchemy does so already."""
    if not isinstance(context.sqlalchemy_exception, kind):
        hides = context.engine is not None and context.engine.hide_parameters
        raise kind(context.statement, context.parameters, error, hide_parameters=hides) from error


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
