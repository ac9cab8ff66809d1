"""A bound on each statement, kept by this side, since a silent network reports neither an error nor an end.

A cancelled statement waits for the server too, which it asks to stop. So each runs in a task of its own. When its time
is over who waits for it goes on with a `TimeoutError`, the connection is cut, and the task ends by itself.

The time of a statement begins when it has a connection. Until then it waits as long as statements of others complete:
a pool in which all connections are in use is no silent database.

It needs an `AsyncEngine` of SQLAlchemy, and loads nothing of it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any

__all__ = ["BoundedStatements"]

CLOSE_SECONDS = 2.0


class BoundedStatements:
    """Executes statements, each within a time.

    Args:
        engine: an `AsyncEngine`.
        timeout: seconds for a connection, and for a statement.
    """

    def __init__(self, engine: Any, timeout: float) -> None:
        self._engine = engine
        self._timeout = timeout
        self._last_success = 0.0
        self._abandoned: set[asyncio.Task[Any]] = set()

    async def execute(self, statement: Any) -> Any:
        """Execute a statement in a transaction of its own.

        Raises:
            TimeoutError: it took longer.
        """
        loop = asyncio.get_running_loop()
        held: list[tuple[float, Any]] = []
        task = asyncio.ensure_future(self._run(statement, held))
        deadline = loop.time() + self._timeout
        try:
            while not task.done():
                await asyncio.wait([task], timeout=deadline - loop.time())
                later = (held[0][0] if held else self._last_success) + self._timeout
                if not task.done() and later <= deadline:
                    raise TimeoutError(f"it did not respond within {self._timeout:g} s (timeout)")
                deadline = later
        except BaseException:
            self._abandon(task, held)
            raise
        return task.result()

    async def close(self) -> None:
        """Close the connections of the engine; those of a server that does not respond are left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._engine.dispose()

    async def _run(self, statement: Any, held: list[tuple[float, Any]]) -> Any:
        loop = asyncio.get_running_loop()
        async with self._engine.connect() as connection:
            held.append((loop.time(), await connection.get_raw_connection()))
            async with connection.begin():
                result = await connection.execute(statement)
            self._last_success = loop.time()
            return result

    def _abandon(self, task: asyncio.Task[Any], held: list[tuple[float, Any]]) -> None:
        if task.done():
            return
        self._abandoned.add(task)  # the event loop has only weak references
        task.add_done_callback(self._forget)
        if held:
            with suppress(Exception):  # it is closed already
                cut(self._engine.dialect, held[0][1])
        task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it


def cut(dialect: Any, connection: Any) -> None:
    """Close a connection of the pool without a word to the server."""
    driver = connection.driver_connection
    if hasattr(driver, "fileno"):  # psycopg, whose close waits in C
        with socket.socket(fileno=os.dup(driver.fileno())) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
    else:
        dialect.do_terminate(connection.dbapi_connection)
