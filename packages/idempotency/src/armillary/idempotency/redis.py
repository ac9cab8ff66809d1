"""Keys in Redis: `pip install armillary-idempotency[redis]`. Needs asyncio.

>>> from armillary.idempotency.redis import RedisStore
>>> store = RedisStore("redis://127.0.0.1:6379/0")
"""

from __future__ import annotations

import math
from typing import Any

try:
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    from armillary.concurrency import require_asyncio
    from armillary.concurrency.redis import DEFAULT_MAX_CONNECTIONS, store_client
except ImportError as _exc:
    raise ImportError("keys in Redis need redis-py: pip install 'armillary-idempotency[redis]'") from _exc

from armillary.asgi_types import Scope

from ._errors import StoreUnavailable
from ._store import StoredKey

__all__ = ["RedisStore"]

# Redis runs a script atomically, and its own clock decides when a lease ends. A claim that is repeated because its
# response was lost finds itself, by its owner; one that comes after its release finds that it is void.
CLAIM_SCRIPT = """
if redis.call('HEXISTS', KEYS[1], 'void:' .. ARGV[2]) == 1 then return {ARGV[1], '0'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('HMGET', KEYS[1], 'fingerprint', 'owner', 'until', 'response')
if found[1] and found[2] ~= ARGV[2] then
    local remaining = tonumber(found[3]) - now
    if found[4] or remaining > 0 or ARGV[5] == '0' or found[1] ~= ARGV[1] then
        return {found[1], tostring(remaining), found[4]}
    end
end
redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'owner', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {}
"""

# 1 also if the response is there already and the owner's: the command may have been repeated.
COMPLETE_SCRIPT = """
local found = redis.call('HMGET', KEYS[1], 'owner', 'response')
if found[1] ~= ARGV[1] then return 0 end
if found[2] then return 1 end
redis.call('HSET', KEYS[1], 'response', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
"""

RELEASE_SCRIPT = """
local found = redis.call('HMGET', KEYS[1], 'owner', 'response')
if found[1] == ARGV[1] and not found[2] then
    return redis.call('HDEL', KEYS[1], 'fingerprint', 'owner', 'until')
end
if ARGV[2] == '1' then return 0 end
redis.call('HSET', KEYS[1], 'void:' .. ARGV[1], '')
if not found[1] then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 0
"""

VOID_SECONDS = 3600.0
"""How long a claim that was given up may still come: longer than TCP repeats what is not acknowledged."""


class RedisStore:
    """Keeps keys in Redis (or Valkey), which removes them when they expire.

    Redis must not evict keys (`maxmemory-policy noeviction`), and what it had not written to disk when it failed is
    forgotten: for work that must never be done twice use `SQLStore` in the transaction of that work.

    Args:
        redis: a URL such as "redis://127.0.0.1:6379/0", or a `redis.asyncio.Redis` of your own, made without
            `decode_responses`.
        prefix: what keys begin with; "idempotency:" by default.
        timeout: seconds to wait for a connection to open and for a response, 5 by default; for a URL.
        max_connections: the most connections of one event loop, 50 by default; for a URL.

    Raises:
        TypeError: a limit that is no number.
        ValueError: a `Redis` that returns text, a limit that is not above zero.
    """

    is_transactional = False

    def __init__(
        self,
        redis: str | Redis,
        prefix: str = "idempotency:",
        *,
        timeout: float = 5.0,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
    ) -> None:
        self._redis = store_client(redis, timeout=timeout, max_connections=max_connections, decodes=False)
        self._prefix = prefix

    async def claim(
        self, key: str, fingerprint: str, owner: str, *, lease: float, lifetime: float, repeats: bool
    ) -> StoredKey | None:
        """Claim a key, or return what is stored about it."""
        values = (fingerprint, owner, milliseconds(lease), milliseconds(lifetime), int(repeats))
        found = await self._run(CLAIM_SCRIPT, key, *values)
        if not found:
            return None
        response = found[2] if len(found) > 2 else None
        return StoredKey(found[0].decode(), response, float(found[1]) / 1000)

    async def complete(self, key: str, owner: str, response: bytes, *, lifetime: float, scope: Scope) -> bool:
        """Store the response; False if the claim is not the owner's any more."""
        return bool(await self._run(COMPLETE_SCRIPT, key, owner, response, milliseconds(lifetime)))

    async def release(self, key: str, owner: str, *, claimed: bool = True) -> None:
        """Free a key that the owner has claimed and not completed."""
        await self._run(RELEASE_SCRIPT, key, owner, int(claimed), milliseconds(VOID_SECONDS))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _run(self, script: str, key: str, *values: Any) -> Any:
        require_asyncio("RedisStore", "under trio use MemoryStore")
        try:
            return await self._redis.eval(script, 1, self._prefix + key, *values)
        except (RedisError, OSError) as exc:
            raise StoreUnavailable(f"Redis cannot be reached: {exc}") from exc


def milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)
