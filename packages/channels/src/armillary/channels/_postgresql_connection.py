"""A connection to PostgreSQL whose every call ends within the time-out, whatever the server does."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg

FAILURES = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
_GIVE_UP_SECONDS = 1.0


class PostgreSQLConnection:
    """Runs one statement at a time; opened when needed, and again after a failure.

    A cancelled statement of psycopg waits for the server to confirm it, which a server that is silent never does. So a
    statement that is not done in time goes to a task of its own, which cancels it and closes its connection.

    Args:
        url: as libpq takes it.
        timeout: seconds for one statement, with the opening of the connection.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        self._connection: Any = None
        self._lock = asyncio.Lock()
        self._silences = 0
        self._giving_up: set[asyncio.Task[None]] = set()

    async def execute(self, query: str, values: list[Any] | None = None) -> list[Any]:
        """Run a statement and return its rows.

        Raises:
            TimeoutError: it was not done in time, or another one was not while this waited for its turn.
        """
        silences = self._silences
        async with self._lock:
            if self._silences != silences:
                raise self._silent()
            statement = asyncio.create_task(self._run(query, values))
            try:
                await asyncio.wait({statement}, timeout=self._timeout)
                if statement.done():
                    return statement.result()
                self._silences += 1
                raise self._silent()
            except BaseException:
                connection, self._connection = self._connection, None
                if statement.done():
                    await _close(connection)
                else:
                    task = asyncio.create_task(_give_up(statement, connection))
                    self._giving_up.add(task)
                    task.add_done_callback(self._giving_up.discard)
                raise

    async def _run(self, query: str, values: list[Any] | None) -> list[Any]:
        if self._connection is None:
            connect = psycopg.AsyncConnection.connect
            self._connection = await connect(self._url, autocommit=True, application_name="armillary-channels")
        cursor = await self._connection.execute(query, values)
        return [] if cursor.description is None else await cursor.fetchall()

    async def notifications(self, seconds: float) -> list[Any]:
        """Return what came after LISTEN; nothing if nothing came within some seconds."""
        return [notify async for notify in self._connection.notifies(timeout=seconds, stop_after=1)]

    async def close(self) -> None:
        """End the connection; the next statement opens another."""
        connection, self._connection = self._connection, None
        await _close(connection)
        if self._giving_up:
            await asyncio.wait(self._giving_up)
        self._lock = asyncio.Lock()

    def _silent(self) -> TimeoutError:
        return TimeoutError(f"no response within {self._timeout:g} s (timeout)")


async def _close(connection: Any) -> None:
    if connection is not None:
        await connection.close()


async def _give_up(statement: asyncio.Task[list[Any]], connection: Any) -> None:
    """Let psycopg cancel the statement at the server; without a response, end its wait."""
    for _ in range(2):
        statement.cancel()
        await asyncio.wait({statement}, timeout=_GIVE_UP_SECONDS)
    await _close(connection)
