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

GONE_STATES: Final = frozenset({"53300", "57P01", "57P02", "57P03"})
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
    """Tell whether another transaction got in the way."""
    return (
        sqlstate(error) in CONFLICT_STATES
        or error_number(error) in CONFLICT_NUMBERS
        or sqlite_code(error) in (SQLITE_BUSY, SQLITE_LOCKED)
    )


def is_statement_timeout(error: Any) -> bool:
    """Tell whether the database ended a statement because it took too long."""
    return (
        sqlstate(error) in TIMEOUT_STATES
        or error_number(error) in TIMEOUT_NUMBERS
        or sqlite_code(error) == SQLITE_INTERRUPT
    )


def is_gone(error: Any) -> bool:
    """Tell whether the server ends the connection, whatever the driver makes of it."""
    return sqlstate(error) in GONE_STATES


BAD_STATES: Final = ("22", "23502", "23514")
"""PostgreSQL: data exceptions, not-null and check violations; other integrity errors are conflicts."""
BAD_NUMBERS: Final = frozenset({1048, 1264, 1364, 1406, 4025})
BAD_NAMES: Final = ("SQLITE_CONSTRAINT_CHECK", "SQLITE_CONSTRAINT_NOTNULL", "SQLITE_MISMATCH")


def is_bad_value(error: Any) -> bool:
    """Tell whether a value can never be stored, rather than conflicting with what is stored."""
    return (
        (sqlstate(error) or "").startswith(BAD_STATES)
        or error_number(error) in BAD_NUMBERS
        or getattr(error, "sqlite_errorname", "") in BAD_NAMES
    )
