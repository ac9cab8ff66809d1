"""A bound on each statement, kept by this side, since a silent network reports neither an error nor an end.

A cancelled statement waits for the server too, which it asks to stop. So each runs in a task of its own. When its time
is over who waits for it goes on with a `TimeoutError`, the connection is cut, and the task ends by itself. A caller
that is cancelled goes on at once; its statement has the rest of its time to end, and the connection is kept.

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
        self._left: dict[asyncio.Task[Any], Call] = {}  # the event loop has only weak references

    async def execute(self, statement: Any) -> Any:
        """Execute a statement in a transaction of its own, which is rolled back if the caller is cancelled before.

        Raises:
            TimeoutError: it took longer.
        """
        call = Call()
        task = asyncio.ensure_future(self._run(statement, call))
        try:
            await self._wait(task, call)
        except BaseException as exc:
            self._leave(task, call, is_late=isinstance(exc, TimeoutError))
            raise
        return task.result()

    async def close(self) -> None:
        """Close the connections of the engine; those of a server that does not respond are left."""
        for task, call in list(self._left.items()):
            self._end(task, call)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._engine.dispose()

    async def _run(self, statement: Any, call: Call) -> Any:
        loop = asyncio.get_running_loop()
        async with self._engine.connect() as connection:
            call.connection = await connection.get_raw_connection()
            call.began = loop.time()
            async with connection.begin() as transaction:
                result = await connection.execute(statement)
                if call.is_left:  # nobody learns of what it wrote
                    await transaction.rollback()
            self._last_success = loop.time()
            return result

    async def _wait(self, task: asyncio.Task[Any], call: Call) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while not task.done():
            await asyncio.wait([task], timeout=deadline - loop.time())
            later = (self._last_success if call.connection is None else call.began) + self._timeout
            if not task.done() and later <= deadline:
                raise TimeoutError(f"it did not respond within {self._timeout:g} s (timeout)")
            deadline = later

    def _leave(self, task: asyncio.Task[Any], call: Call, is_late: bool) -> None:
        """Stop waiting: a statement that is late ends now, another one has the rest of its time."""
        call.is_left = True
        self._left[task] = call
        task.add_done_callback(self._forget)
        if is_late or call.connection is None:
            self._end(task, call)
        elif not task.done():
            timer = asyncio.get_running_loop().call_at(call.began + self._timeout, self._end, task, call)
            task.add_done_callback(lambda _: timer.cancel())

    def _end(self, task: asyncio.Task[Any], call: Call) -> None:
        if task.done():
            return
        if call.connection is not None:
            with suppress(Exception):  # it is closed already
                cut(self._engine.dialect, call.connection)
        task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._left.pop(task, None)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not log it


class Call:
    """A statement that is executed.

    Attributes:
        connection: the one it has; None while it waits for one.
        began: when it got the connection.
        is_left: whether nobody waits for it any more.
    """

    __slots__ = ("began", "connection", "is_left")

    def __init__(self) -> None:
        self.connection: Any = None
        self.began: float = 0.0
        self.is_left: bool = False


def cut(dialect: Any, connection: Any) -> None:
    """Close a connection of the pool without a word to the server."""
    driver = connection.driver_connection
    if hasattr(driver, "fileno"):  # psycopg, whose close waits in C
        with socket.socket(fileno=os.dup(driver.fileno())) as duplicate:
            duplicate.shutdown(socket.SHUT_RDWR)
    else:
        dialect.do_terminate(connection.dbapi_connection)
