"""Counts in Redis: `pip install armillary-ratelimit[redis]`. Needs asyncio."""

from __future__ import annotations

from typing import Any

from limits.aio.storage import RedisStorage

KEY_PREFIX = "ratelimit"


class OwnRedisStorage(RedisStorage):
    """limits' storage for redis-py, set to fail quickly rather than to wait for a Redis that is down.

    Args:
        url: such as "redis://127.0.0.1:6379/0".
        timeout: seconds to wait for a connection and for a response.

    Raises:
        ImportError: redis-py is not installed.
    """

    STORAGE_SCHEME = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __init__(self, url: str, timeout: float) -> None:
        try:
            from redis.asyncio.retry import Retry
            from redis.backoff import NoBackoff
        except ImportError as exc:
            raise ImportError("rate limits in Redis need redis-py: pip install 'armillary-ratelimit[redis]'") from exc
        # A pooled connection may be from before a restart of Redis: one attempt more, without a pause.
        options: dict[str, Any] = {
            "retry": Retry(NoBackoff(), 1),
            "socket_connect_timeout": timeout,
            "socket_timeout": timeout,
        }
        super().__init__(
            f"async+{url}", wrap_exceptions=True, implementation="redispy", key_prefix=KEY_PREFIX, **options
        )

    async def close(self) -> None:
        """Close the connections."""
        bridge: Any = self.bridge
        await bridge.get_connection().aclose()
