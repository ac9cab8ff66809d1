"""The state in Redis."""

from __future__ import annotations

import math
from typing import Any

from armillary.concurrency.redis import connect_redis

from .._state import uninterrupted

RENEW_SCRIPT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

REMOVE_SCRIPT = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""

TAKE_SCRIPT = """
local value = redis.call('HGET', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return value
"""


class RedisState:
    """Keeps the state in Redis; a `State`.

    Args:
        url: of the Redis.
        prefix: what its keys begin with.
        timeout: seconds to wait for a connection and for a response.
    """

    def __init__(self, url: str, prefix: str, timeout: float) -> None:
        self._redis: Any = connect_redis(url, timeout=timeout)
        self._prefix = prefix + ":"

    async def start(self) -> None:
        """Connect."""
        await uninterrupted(self._redis.ping())

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def time(self) -> float:
        """Return the time by the clock of Redis."""
        seconds, microseconds = await uninterrupted(self._redis.time())
        return float(seconds) + float(microseconds) / 1e6

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        value: bytes | None = await uninterrupted(self._redis.get(self._prefix + key))
        return value

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Set a value for `ttl` seconds."""
        await uninterrupted(self._redis.set(self._prefix + key, value, px=milliseconds(ttl)))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Set a value unless there is one."""
        return bool(await uninterrupted(self._redis.set(self._prefix + key, value, px=milliseconds(ttl), nx=True)))

    async def renew(self, key: str, value: bytes, ttl: float) -> bool:
        """Extend a key that still has this value."""
        return bool(
            await uninterrupted(self._redis.eval(RENEW_SCRIPT, 1, self._prefix + key, value, milliseconds(ttl)))
        )

    async def remove(self, key: str, value: bytes | None = None) -> None:
        """Remove a key, if it has this value."""
        if value is None:
            await uninterrupted(self._redis.delete(self._prefix + key))
        else:
            await uninterrupted(self._redis.eval(REMOVE_SCRIPT, 1, self._prefix + key, value))

    async def count(self, key: str, ttl: float) -> int:
        """Add one to a number."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.incr(self._prefix + key)
        pipeline.pexpire(self._prefix + key, milliseconds(ttl))
        return int((await uninterrupted(pipeline.execute()))[0])

    async def put(self, collection: str, name: str, value: bytes, due: float) -> None:
        """Put an entry into a collection."""
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.hset(self._prefix + collection + ":values", name, value)
        pipeline.zadd(self._prefix + collection, {name: due})
        await uninterrupted(pipeline.execute())

    async def take(self, collection: str, name: str) -> bytes | None:
        """Remove an entry; return its value."""
        keys = (self._prefix + collection, self._prefix + collection + ":values")
        value: bytes | None = await uninterrupted(self._redis.eval(TAKE_SCRIPT, 2, *keys, name))
        return value

    async def entries(self, collection: str, until: float | None = None, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return the entries that are due until a time."""
        last = "+inf" if until is None else repr(until)
        names = await uninterrupted(
            self._redis.zrangebyscore(self._prefix + collection, "-inf", last, start=0, num=limit)
        )
        if not names:
            return []
        values = await uninterrupted(self._redis.hmget(self._prefix + collection + ":values", names))
        return [(name.decode(), value) for name, value in zip(names, values, strict=True) if value is not None]


def milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))
