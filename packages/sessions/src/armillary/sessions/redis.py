"""Sessions in Redis: `pip install armillary-sessions[redis]`. Needs asyncio.

>>> from armillary.sessions.redis import RedisStore
>>> store = RedisStore("redis://127.0.0.1:6379/0")
"""

from __future__ import annotations

from typing import Any

try:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    from armillary.concurrency import require_asyncio
    from armillary.concurrency.redis import DEFAULT_MAX_CONNECTIONS, store_client
except ImportError as _exc:
    raise ImportError("sessions in Redis need redis-py: pip install 'armillary-sessions[redis]'") from _exc

from ._errors import StoreUnavailable
from ._store import OTHER_STORES, StoredSession

__all__ = ["RedisStore"]

# Compares the version and writes in one step; Redis runs a script atomically.
SAVE_SCRIPT = """
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'version', ARGV[3], 'created', ARGV[4], 'touched', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1
"""

DELETE_SCRIPT = """
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class RedisStore:
    """Keeps sessions in Redis (or Valkey), which removes them when they expire.

    Args:
        redis: a URL such as "redis://127.0.0.1:6379/0", or a `redis.asyncio.Redis` of your own,
            made with `decode_responses=True`.
        prefix: what keys begin with; "session:" by default.
        timeout: seconds to wait for a connection to open and for a response, 5 by default; for a URL.
        max_connections: the most connections of one event loop, 50 by default; for a URL. A request waits for a free
            one as long as Redis responds to others. A client of your own needs a `BlockingConnectionPool` for that.

    Raises:
        TypeError: a limit that is no number.
        ValueError: a `Redis` that returns bytes, a limit that is not above zero.
    """

    def __init__(
        self,
        redis: str | Redis,
        prefix: str = "session:",
        *,
        timeout: float = 5.0,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
    ) -> None:
        self._redis = store_client(redis, timeout=timeout, max_connections=max_connections, decodes=True)
        self._prefix = prefix

    async def load(self, key: str) -> StoredSession | None:
        """Return the session, or None."""
        fields = await self._do("hgetall", self._prefix + key)
        if not fields:
            return None
        return StoredSession(fields["data"], fields["version"], float(fields["created"]), float(fields["touched"]))

    async def save(self, key: str, session: StoredSession, expected: str | None, lifetime: int) -> bool:
        """Save the session if the stored version is the expected one."""
        data, version, created, touched = session
        values = (expected or "", data, version, repr(created), repr(touched), lifetime)
        return bool(await self._do("eval", SAVE_SCRIPT, 1, self._prefix + key, *values))

    async def delete(self, key: str, expected: str | None = None) -> bool:
        """Delete the session if the stored version is the expected one."""
        if expected is None:
            return bool(await self._do("delete", self._prefix + key))
        return bool(await self._do("eval", DELETE_SCRIPT, 1, self._prefix + key, expected))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _do(self, command: str, *args: Any) -> Any:
        # The commands may be repeated, by the pool or a client's own policy: a save that already succeeded is then
        # rejected by its version.
        require_asyncio("RedisStore", OTHER_STORES)
        try:
            return await getattr(self._redis, command)(*args)
        except (RedisError, OSError) as exc:
            raise StoreUnavailable(f"Redis cannot be reached: {exc}") from exc
