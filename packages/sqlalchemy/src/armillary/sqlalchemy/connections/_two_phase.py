"""Two-phase transactions: SQLAlchemy begins and ends them past the events of the others.

MariaDB keeps one that a deadlock has undone as ROLLBACK ONLY, and takes nothing but XA ROLLBACK for it; XA END, which
has to come before that in any other, is an error.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from . import _fault
from ._undone import ask_whether_undone, forget_failure, raise_if_undone

ENDED_NUMBERS: Final = frozenset({1399, 1402, 1613, 1614})
"""Errors of XA END: no longer active (MariaDB); rolled back, too late, lost a deadlock (MySQL)."""


def listen_to_two_phases(engine: Engine) -> None:
    """Add the listeners, and have an XA transaction that is undone end."""
    event.listen(engine, "begin_twophase", forget_failure)
    event.listen(engine, "rollback_twophase", forget_failure)
    dialect: Any = engine.dialect
    check = ask_whether_undone if dialect.name == "postgresql" else raise_if_undone
    roll_back = dialect.do_rollback_twophase

    def end_if_undone(connection: Connection, xid: Any, is_prepared: bool) -> None:
        if is_prepared:  # checked then; a statement now would begin a transaction, in which none is committed
            return
        try:
            check(connection)
        except Exception:  # SQLAlchemy rolls nothing back after a commit that raises
            forget_failure(connection)
            dialect.do_rollback_twophase(connection, xid, is_prepared)
            raise

    def end_and_roll_back(connection: Connection, xid: Any, is_prepared: bool = True, recover: bool = False) -> None:
        if not is_prepared:
            end(connection, xid)
        roll_back(connection, xid, True, recover)

    event.listen(engine, "prepare_twophase", check)
    event.listen(engine, "commit_twophase", end_if_undone)
    if dialect.name in ("mysql", "mariadb"):
        dialect.do_rollback_twophase = end_and_roll_back


def end(connection: Connection, xid: Any) -> None:
    """Take an XA transaction to where XA ROLLBACK is allowed."""
    try:
        connection.execute(text("XA END :xid"), {"xid": xid})
    except DBAPIError as exc:
        if _fault.error_number(exc.orig) not in ENDED_NUMBERS:
            raise
