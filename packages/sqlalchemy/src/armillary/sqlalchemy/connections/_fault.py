"""What an error of a driver means."""

from __future__ import annotations

from typing import Any, Final

CONFLICT_STATES: Final = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL: serialization failure, deadlock, lock not available."""
CONFLICT_NUMBERS: Final = frozenset({1020, 1205, 1213})
"""MariaDB: record changed since last read, lock wait time-out, deadlock."""
TIMEOUT_STATES: Final = frozenset({"57014"})
TIMEOUT_NUMBERS: Final = frozenset({1969, 3024})
SQLITE_BUSY: Final = 5
SQLITE_LOCKED: Final = 6
SQLITE_INTERRUPT: Final = 9

CONNECTION_LOST_STATES: Final = frozenset({"53300", "57P01", "57P02", "57P03"})
"""PostgreSQL: too many connections, shutting down, crashed, starting up."""


def sqlstate(error: Any) -> str | None:
    """Return PostgreSQL's code of an error."""
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    return state if isinstance(state, str) else None


def error_number(error: Any) -> int | None:
    """Return MariaDB's number of an error."""
    arguments = getattr(error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None


def sqlite_code(error: Any) -> int | None:
    """Return SQLite's primary result code of an error."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def is_conflict(error: Any) -> bool:
    """Return whether another transaction got in the way."""
    return (
        sqlstate(error) in CONFLICT_STATES
        or error_number(error) in CONFLICT_NUMBERS
        or sqlite_code(error) in (SQLITE_BUSY, SQLITE_LOCKED)
    )


def is_statement_timeout(error: Any) -> bool:
    """Return whether the database ended a statement because it took too long."""
    return (
        sqlstate(error) in TIMEOUT_STATES
        or error_number(error) in TIMEOUT_NUMBERS
        or sqlite_code(error) == SQLITE_INTERRUPT
    )


def is_connection_lost(error: Any) -> bool:
    """Return whether the server ended the connection, however the driver reports it."""
    return sqlstate(error) in CONNECTION_LOST_STATES


VALUE_STATES: Final = "22"
VALUE_NUMBERS: Final = frozenset({1264, 1265, 1292, 1366, 1406})
"""PostgreSQL and MariaDB: values that do not fit their column."""


def is_impossible_value(error: Any) -> bool:
    """Return whether no column of its type can hold a value: a lone surrogate, a number out of range, text too long.

    The driver may raise it before anything is sent: an exception of Python for text that has no UTF-8 and for a
    number of more than 64 bits, one without a code for a number that is not finite.
    """
    return (
        isinstance(error, UnicodeEncodeError | OverflowError)
        or (sqlstate(error) or "").startswith(VALUE_STATES)
        or error_number(error) in VALUE_NUMBERS
        or str(error).endswith("can not be used with MySQL")
    )


VIOLATION_STATES: Final = "23"
VIOLATION_NUMBERS: Final = frozenset({4025})
"""MariaDB: a CHECK, which its driver reports as an operational error."""


def is_violation(error: Any) -> bool:
    """Return whether a constraint was violated."""
    return (sqlstate(error) or "").startswith(VIOLATION_STATES) or error_number(error) in VIOLATION_NUMBERS


NEVER_ALLOWED_STATES: Final = ("23502", "23514")
NEVER_ALLOWED_NUMBERS: Final = frozenset({1048, 1364, 4025})
NEVER_ALLOWED_NAMES: Final = ("SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_NOTNULL", "SQLITE_MISMATCH")
"""Not-null and check violations; other violations are conflicts with what is stored."""


def is_never_allowed(error: Any) -> bool:
    """Return whether a value can never be stored, rather than conflicting with what is stored."""
    return (
        is_impossible_value(error)
        or sqlstate(error) in NEVER_ALLOWED_STATES
        or error_number(error) in NEVER_ALLOWED_NUMBERS
        or getattr(error, "sqlite_errorname", "") in NEVER_ALLOWED_NAMES
    )
