"""SQLite connections that leave no lock and no open transaction behind."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import cache
from typing import Any

from .._shield import start_detached


class RollbackOnClose(sqlite3.Connection):
    """Rolls back when it is closed.

    SQLite keeps a closed connection, and the locks of its transaction, as long as one of its cursors
    exists; and the traceback of a cancelled statement holds its cursor.
    """

    def close(self) -> None:
        """Roll back what is open, and close."""
        try:
            if self.in_transaction:
                self.rollback()
        except sqlite3.ProgrammingError:
            pass  # already closed, which is not an error
        finally:
            super().close()


@cache
def rollback_on_close(factory: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
    """Return a subclass of `factory` whose connections roll back when they are closed."""
    if issubclass(factory, RollbackOnClose):  # SQLAlchemy 2.0 reconnects with the parameters that were changed
        return factory
    if issubclass(RollbackOnClose, factory):
        return RollbackOnClose
    return type(f"RollbackOnClose{factory.__name__}", (RollbackOnClose, factory), {})


def set_factory(dialect: Any, record: Any, arguments: Any, parameters: dict[str, Any]) -> None:
    """Make a connection that is about to be opened roll back when it is closed."""
    factory = parameters.get("factory", sqlite3.Connection)
    if isinstance(factory, type):
        parameters["factory"] = rollback_on_close(factory)


def terminate(dbapi_connection: Any) -> None:
    """Make the connection's thread close it as soon as its current statement is done.

    Nothing here waits, so a request may be cancelled any number of times meanwhile.
    """
    closed: asyncio.Future[object] | None = dbapi_connection.driver_connection.stop()
    if closed is not None:
        start_detached(wait_for(closed))


async def wait_for(future: asyncio.Future[object]) -> None:
    """Wait for the thread."""
    await asyncio.wait({future})
