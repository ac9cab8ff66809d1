"""How a transaction runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

ISOLATION_LEVELS: Final = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")


@dataclass(frozen=True)
class TransactionOptions:
    """How a transaction runs. An option that is None is taken from the outer options.

    Args:
        isolation_level: one of "READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ" and
            "SERIALIZABLE". SQLite always runs as SERIALIZABLE.
        read_only: whether the database rejects writes.
        statement_timeout: seconds after which the database ends a statement.
        reads_first: take no write lock before the first write (SQLite); set for GET and HEAD.

    Raises:
        ValueError: an unknown isolation level, a time-out that is not positive.

    >>> TransactionOptions(isolation_level="SERIALIZABLE").over(TransactionOptions(read_only=True))
    TransactionOptions(isolation_level='SERIALIZABLE', read_only=True, statement_timeout=None, reads_first=None)
    """

    isolation_level: str | None = None
    read_only: bool | None = None
    statement_timeout: float | None = None
    reads_first: bool | None = None

    def __post_init__(self) -> None:
        level = self.isolation_level
        if level is not None and level not in ISOLATION_LEVELS:
            raise ValueError(f"isolation_level is one of {', '.join(ISOLATION_LEVELS)}; got {level!r}")
        seconds = self.statement_timeout
        if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < math.inf):
            raise ValueError(f"statement_timeout is in seconds, above 0; got {seconds!r}")

    def over(self, outer: TransactionOptions) -> TransactionOptions:
        """Return these options, with those of `outer` in place of None."""
        given: dict[str, Any] = {name: value for name, value in vars(self).items() if value is not None}
        return replace(outer, **given) if given else outer
