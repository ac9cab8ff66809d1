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


INVALID_VALUE_STATES: Final = ("22", "23502", "23514")
"""PostgreSQL: data exceptions, not-null and check violations; other integrity errors are conflicts."""
INVALID_VALUE_NUMBERS: Final = frozenset({1048, 1264, 1364, 1406, 4025})
INVALID_VALUE_NAMES: Final = ("SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_NOTNULL", "SQLITE_MISMATCH")


def is_invalid_value(error: Any) -> bool:
    """Return whether a value can never be stored, rather than conflicting with what is stored."""
    return (
        (sqlstate(error) or "").startswith(INVALID_VALUE_STATES)
        or error_number(error) in INVALID_VALUE_NUMBERS
        or getattr(error, "sqlite_errorname", "") in INVALID_VALUE_NAMES
    )
