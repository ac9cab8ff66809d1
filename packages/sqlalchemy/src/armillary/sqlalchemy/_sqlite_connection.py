"""SQLite connections that leave no lock behind, nor anything half done."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import cache
from typing import Any

from ._shield import keep


class RollingBack(sqlite3.Connection):
    """Rolls back when it is closed.

    SQLite keeps a closed connection, and the locks of its transaction, as long as one of its cursors
    exists; and the traceback of a cancelled statement holds its cursor.
    """

    def close(self) -> None:
        """Undo what is open, and close."""
        try:
            if self.in_transaction:
                self.rollback()
        except sqlite3.ProgrammingError:
            pass  # it is closed already, which is no error
        finally:
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


def terminate(dbapi_connection: Any) -> None:
    """Have the connection's thread close it as soon as what it runs is done.

    Nothing here waits, so that a request may be cancelled any number of times meanwhile.
    """
    closed: asyncio.Future[object] | None = dbapi_connection.driver_connection.stop()
    if closed is not None:
        keep(finished(closed))


async def finished(future: asyncio.Future[object]) -> None:
    """Wait for the thread."""
    await asyncio.wait({future})
