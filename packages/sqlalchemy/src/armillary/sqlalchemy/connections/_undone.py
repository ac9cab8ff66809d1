"""Transactions that the database has undone although the program goes on with them.

    PostgreSQL   after any failed statement that no savepoint holds: later ones fail, and COMMIT undoes without an error
    MariaDB      after a deadlock, and after a lock wait time-out if the server has `innodb_rollback_on_timeout`: later
                 statements are another transaction, which COMMIT would keep, half of the work
    SQLite       after a write that was interrupted or found the disk full: each later statement is kept at once

A program that catches the error of such a statement would say that its work is kept. Its next statement, or its commit,
raises instead.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, event

from .._errors import StatementTimeout, TransactionConflict, TransactionUndone
from . import _fault

if TYPE_CHECKING:
    from collections.abc import Callable

FAILED_KEY: Final = "armillary_failed"
"""The key of `connection.info` under which a connection keeps what the first error of its transaction has to raise."""

UNDONE_NUMBERS: Final = frozenset({1020, 1206, 1213})
"""MariaDB: record changed since last read, too many locks, deadlock. Other errors undo their statement alone."""

LOCK_WAIT_NUMBER: Final = 1205
"""MariaDB: a lock wait time-out. It undoes its statement, or with `innodb_rollback_on_timeout` the transaction."""

DOUBTED_KEY: Final = "armillary_doubted"
"""The key of `connection.info` under which it keeps what a lock wait time-out has to raise if that undoes all."""

FAILED_STATE: Final = "25P02"
"""PostgreSQL: the transaction has failed before."""


def listen_for_undone_transactions(engine: Engine) -> None:
    """Add the listeners."""
    event.listen(engine, "begin", forget_failure, insert=True)  # before those that execute statements
    event.listen(engine, "rollback", forget_failure)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "rollback_savepoint", forget_failure)
        event.listen(engine, "commit", end_if_undone)
    else:
        event.listen(engine, "before_cursor_execute", raise_if_undone)
        event.listen(engine, "commit", raise_if_undone)


def record_failure(connection: Connection, error: Exception) -> None:
    """Record the error of a statement, if it can have undone the transaction."""
    name = connection.dialect.name
    number = _fault.error_number(error)
    if name == "sqlite":
        driver_connection: Any = connection.connection.driver_connection
        undoes = not driver_connection.in_transaction
    else:
        undoes = name == "postgresql" or (number in UNDONE_NUMBERS and in_transaction(connection))
    if undoes:
        connection.info.setdefault(FAILED_KEY, undone(error))  # not the error, whose frames hold this connection
    elif number == LOCK_WAIT_NUMBER and in_transaction(connection):
        connection.info.setdefault(DOUBTED_KEY, undone(error))


def in_transaction(connection: Connection) -> bool:
    """Return whether statements are of one transaction, and not each of its own."""
    return not connection.dialect.detect_autocommit_setting(connection.connection.dbapi_connection)  # type: ignore[arg-type]


def undone(error: Exception) -> Callable[[], Exception]:
    """Return what makes the exception to raise in a transaction that this error has undone."""
    if _fault.is_conflict(error):
        return TransactionConflict
    if _fault.is_statement_timeout(error):
        return StatementTimeout
    return partial(
        TransactionUndone,
        f"the database has undone this transaction when a statement of it failed ({type(error).__name__}), and the "
        "program went on; put a statement that may fail in `async with session.begin_nested():`",
    )


def forget_failure(connection: Connection, *_: object) -> None:
    """Forget the error: a transaction begins, is rolled back, or goes on from before a savepoint."""
    if not connection.invalidated:  # then its information is gone with it
        connection.info.pop(FAILED_KEY, None)
        connection.info.pop(DOUBTED_KEY, None)


def raise_if_undone(connection: Connection, *_: object) -> None:
    """Raise if the transaction is undone."""
    doubted = connection.info.pop(DOUBTED_KEY, None)
    if doubted is not None and connection.exec_driver_sql("SELECT @@innodb_rollback_on_timeout").scalar():
        connection.info.setdefault(FAILED_KEY, doubted)
    failure = connection.info.get(FAILED_KEY)
    if failure is not None:
        raise failure()


def ask_whether_undone(connection: Connection, *_: object) -> None:
    """Raise if PostgreSQL has undone the transaction: a value that no driver can send fails without undoing it."""
    if FAILED_KEY in connection.info:
        connection.exec_driver_sql("SELECT 1")


def end_if_undone(connection: Connection) -> None:
    """Raise if PostgreSQL has undone the transaction, and end it, as COMMIT does.

    SQLAlchemy rolls nothing back after a commit that raises.
    """
    try:
        ask_whether_undone(connection)
    except (TransactionUndone, TransactionConflict, StatementTimeout):
        connection.dialect.do_rollback(connection.connection)
        forget_failure(connection)
        raise
