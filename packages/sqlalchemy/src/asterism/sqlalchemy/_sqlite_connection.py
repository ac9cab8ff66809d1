"""SQLite connections that leave no lock behind."""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any


class RollingBack(sqlite3.Connection):
    """Rolls back when it is closed.

    SQLite keeps a closed connection, and the locks of its transaction, as long as one of its cursors
    exists; and the traceback of a cancelled statement holds its cursor.
    """

    def close(self) -> None:
        """Undo what is open, and close."""
        if self.in_transaction:
            self.rollback()
        super().close()


@cache
def rolling_back(factory: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """Return a class of connections that roll back when they are closed, and are else as those of `factory`."""
    if issubclass(RollingBack, factory):
        return RollingBack
    return type(f"RollingBack{factory.__name__}", (RollingBack, factory), {})


def set_factory(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> None:
    """Have a connection that is about to be made roll back when it is closed."""
    factory = parameters.get("factory", sqlite3.Connection)
    if isinstance(factory, type):
        parameters["factory"] = rolling_back(factory)
