"""The state in PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

try:
    import asyncpg  # type: ignore[import-untyped]
except ImportError as exc:
    raise ImportError("tasks in PostgreSQL need asyncpg: pip install 'armillary-tasks[postgres]'") from exc

from .._state import uninterrupted

CREATE = """
CREATE TABLE IF NOT EXISTS {keys} (key text PRIMARY KEY, value bytea NOT NULL, ends timestamptz NOT NULL);
CREATE INDEX IF NOT EXISTS {keys}_ends ON {keys} (ends);
CREATE TABLE IF NOT EXISTS {entries} (
    collection text, name text, value bytea NOT NULL, due double precision NOT NULL, PRIMARY KEY (collection, name)
);
CREATE INDEX IF NOT EXISTS {entries}_due ON {entries} (collection, due);
"""

SET = """
INSERT INTO {keys} AS kept VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, ends = excluded.ends
"""
ADD = SET + " WHERE kept.ends <= clock_timestamp() RETURNING 1"
GET = "SELECT value FROM {keys} WHERE key = $1 AND ends > clock_timestamp()"
RENEW = """
UPDATE {keys} SET ends = clock_timestamp() + make_interval(secs => $3)
WHERE key = $1 AND value = $2 AND ends > clock_timestamp() RETURNING 1
"""
REMOVE = "DELETE FROM {keys} WHERE key = $1 AND ($2::bytea IS NULL OR value = $2)"
COUNT = """
INSERT INTO {keys} AS kept VALUES ($1, '1', clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (key) DO UPDATE SET ends = excluded.ends, value = CASE
    WHEN kept.ends <= clock_timestamp() THEN excluded.value
    ELSE convert_to((convert_from(kept.value, 'UTF8')::bigint + 1)::text, 'UTF8') END
RETURNING convert_from(value, 'UTF8')::bigint
"""
PUT = """
INSERT INTO {entries} VALUES ($1, $2, $3, $4)
ON CONFLICT (collection, name) DO UPDATE SET value = excluded.value, due = excluded.due
"""
TAKE = "DELETE FROM {entries} WHERE collection = $1 AND name = $2 RETURNING value"
ENTRIES = """
SELECT name, value FROM {entries} WHERE collection = $1 AND ($2::double precision IS NULL OR due <= $2)
ORDER BY due, name LIMIT $3
"""
EXPIRE = "DELETE FROM {keys} WHERE ends <= clock_timestamp()"


class PostgresState:
    """Keeps the state in two tables of a PostgreSQL; a `State`.

    Args:
        url: of the database.
        queue: what the tables' names begin with.
        timeout: seconds to wait for a connection and for a statement. While all are in use and statements complete, the
            wait for one goes on.
    """

    def __init__(self, url: str, queue: str, timeout: float) -> None:
        self._url = url
        self._timeout = timeout
        name = table_name(queue)
        self._names = {"keys": f"{name}_keys", "entries": f"{name}_entries"}
        self._pool: Any = None
        self._last_success = float("-inf")

    async def start(self) -> None:
        """Connect, and create the tables that are missing."""
        library: Any = asyncpg  # it has no annotations
        self._pool = await library.create_pool(
            self._url,
            min_size=0,
            max_size=5,
            timeout=self._timeout,
            command_timeout=self._timeout,
            reset=left_as_it_is,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            # One process creates them at a time; two would get in each other's way.
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", self._names["keys"])
            await connection.execute(CREATE.format(**self._names))

    async def close(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def execute(self, query: str, *values: Any) -> list[Any]:
        """Execute a statement with the names of the tables; return its rows."""
        if self._pool is None:
            raise ConnectionError("the state is not connected")
        query = query.format(**self._names)
        try:
            return await uninterrupted(self._fetch(query, values))
        except TimeoutError:
            raise
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError):
            # Of a connection that a restart has closed; the statements may be repeated, and `count` counts more.
            return await uninterrupted(self._fetch(query, values))

    async def _fetch(self, query: str, values: Sequence[Any]) -> list[Any]:
        connection = await self._connection()
        try:
            async with asyncio.timeout(self._timeout):
                rows: list[Any] = await connection.fetch(query, *values)
        except (TimeoutError, asyncio.CancelledError):
            connection.terminate()  # else it waits for ever for a server that does not respond
            raise
        finally:
            await self._pool.release(connection)
        self._last_success = asyncio.get_running_loop().time()
        return rows

    async def _connection(self) -> Any:
        """Return a connection of the pool; one in which all are in use is no silent database."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout
        while True:
            try:
                return await self._pool.acquire(timeout=deadline - loop.time())
            except TimeoutError:
                later = self._last_success + self._timeout
                if later <= deadline:
                    raise
                deadline = later

    async def time(self) -> float:
        """Return the time by the clock of the database."""
        return float((await self.execute("SELECT extract(epoch FROM clock_timestamp())::double precision"))[0][0])

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        rows = await self.execute(GET, key)
        return rows[0][0] if rows else None

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Set a value for `ttl` seconds."""
        await self.execute(SET, key, value, ttl)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Set a value unless there is one."""
        return bool(await self.execute(ADD, key, value, ttl))

    async def renew(self, key: str, value: bytes, ttl: float) -> bool:
        """Extend a key that still has this value."""
        return bool(await self.execute(RENEW, key, value, ttl))

    async def remove(self, key: str, value: bytes | None = None) -> None:
        """Remove a key, if it has this value."""
        await self.execute(REMOVE, key, value)

    async def count(self, key: str, ttl: float) -> int:
        """Add one to a number."""
        return int((await self.execute(COUNT, key, ttl))[0][0])

    async def put(self, collection: str, name: str, value: bytes, due: float) -> None:
        """Put an entry into a collection."""
        await self.execute(PUT, collection, name, value, due)

    async def take(self, collection: str, name: str) -> bytes | None:
        """Remove an entry; return its value."""
        rows = await self.execute(TAKE, collection, name)
        return rows[0][0] if rows else None

    async def entries(self, collection: str, until: float | None = None, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return the entries that are due until a time."""
        return [(row[0], row[1]) for row in await self.execute(ENTRIES, collection, until, limit)]

    async def remove_expired(self) -> None:
        """Remove the keys that have ended."""
        await self.execute(EXPIRE)


async def left_as_it_is(connection: object) -> None:
    """Do nothing with a connection that was used: a reset is one more response to wait for, and nothing was set."""


def table_name(queue: str) -> str:
    """Return the name that the tables of a queue begin with."""
    return f"tasks_{queue.replace('-', '_').lower()}"
