"""Counts in Redis: `pip install armillary-ratelimit[redis]`. Needs asyncio."""

from __future__ import annotations

from typing import Any

from limits.aio.storage import RedisStorage

KEY_PREFIX = "ratelimit"


class OwnRedisStorage(RedisStorage):
    """limits' storage for redis-py, on connections that are waited for in turn and that fail quickly if Redis is down.

    Args:
        url: such as "redis://127.0.0.1:6379/0".
        timeout: seconds to wait for a connection to open and for a response.
        max_connections: the most connections of one event loop.

    Raises:
        ImportError: redis-py is not installed.
        TypeError, ValueError: a limit that is no positive number.
    """

    STORAGE_SCHEME = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __init__(self, url: str, timeout: float, max_connections: int) -> None:
        try:
            from armillary.concurrency.redis import RedisPool
        except ImportError as exc:
            raise ImportError("rate limits in Redis need redis-py: pip install 'armillary-ratelimit[redis]'") from exc
        pool: Any = RedisPool
        address = url.replace("redis+unix://", "unix://")
        self._pool: Any = pool.from_url(address, timeout=timeout, max_connections=max_connections)
        options: dict[str, Any] = {"implementation": "redispy", "key_prefix": KEY_PREFIX, "connection_pool": self._pool}
        super().__init__(f"async+{url}", wrap_exceptions=True, **options)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.aclose()
