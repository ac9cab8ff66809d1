"""Sessions in Redis: `pip install armillary-sessions[redis]`. Needs asyncio.

>>> from armillary.sessions.redis import RedisStore
>>> store = RedisStore("redis://127.0.0.1:6379/0")
"""

from __future__ import annotations

from typing import Any

try:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as RedisConnectionError, RedisError
except ImportError as exc:
    raise ImportError("sessions in Redis need redis-py: pip install 'armillary-sessions[redis]'") from exc

from ._errors import StoreUnavailable
from ._event_loop import require_asyncio
from ._store import StoredSession

__all__ = ["RedisStore"]

# Compares the version and writes in one step; Redis runs a script atomically.
SAVE_SCRIPT = """
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'data', ARGV[2], 'version', ARGV[3], 'created', ARGV[4], 'touched', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1
"""


class RedisStore:
    """Keeps sessions in Redis (or Valkey), which removes them when they expire.

    Args:
        redis: a URL such as "redis://127.0.0.1:6379/0", or a `redis.asyncio.Redis` of your own,
            made with `decode_responses=True`.
        prefix: what keys begin with; "session:" by default.
        timeout: seconds to wait for a connection and for a reply, 5 by default; for a URL.

    Raises:
        ValueError: a `Redis` that returns bytes, a timeout that is not above zero.
    """

    def __init__(self, redis: str | Redis, prefix: str = "session:", *, timeout: float = 5.0) -> None:
        if not timeout > 0:
            raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
        self._redis: Any = make_client(redis, timeout) if isinstance(redis, str) else redis
        pool = getattr(self._redis, "connection_pool", None)
        if pool is not None and not pool.connection_kwargs.get("decode_responses"):
            raise ValueError("redis returns bytes; make it with decode_responses=True")
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

    async def delete(self, key: str) -> None:
        """Delete the session."""
        await self._do("delete", self._prefix + key)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _do(self, command: str, *args: Any) -> Any:
        require_asyncio("RedisStore")
        try:
            return await self._do_now(command, *args)
        except (RedisError, OSError) as exc:
            raise StoreUnavailable(f"Redis cannot be reached: {exc}") from exc

    async def _do_now(self, command: str, *args: Any) -> Any:
        # A pooled connection may be from before a restart of Redis, so try once more with a new one. The
        # commands may be repeated: a save that already succeeded is then rejected by its version.
        try:
            return await getattr(self._redis, command)(*args)
        except RedisConnectionError:
            return await getattr(self._redis, command)(*args)


def make_client(url: str, timeout: float) -> Any:
    """Return a client that fails fast if Redis is down."""
    connect: Any = Redis
    options = {"socket_connect_timeout": timeout, "socket_timeout": timeout, "retry": Retry(NoBackoff(), 0)}
    return connect.from_url(url, decode_responses=True, **options)
