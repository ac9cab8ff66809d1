"""Redis Streams, by taskiq-redis."""

from __future__ import annotations

from typing import Any

try:
    from taskiq_redis import RedisStreamBroker
except ImportError as exc:
    raise ImportError("tasks in Redis need taskiq-redis: pip install 'armillary-tasks[redis]'") from exc

from armillary.concurrency.redis import connect_redis

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._state import State
from ._redis_state import RedisState


def redis_engine(url: str, queue: str, lease: float, concurrency: int) -> BrokerEngine:
    """Return an engine on Redis Streams."""
    stream = f"{queue}:messages"

    def make_broker() -> RedisStreamBroker:
        return RedisStreamBroker(
            url,
            queue_name=stream,
            consumer_group_name=queue,
            consumer_id="0",  # a worker that starts later gets what was enqueued before
            xread_block=1000,
            xread_count=min(concurrency, 10),
            idle_timeout=int(lease * 1000),
            unacknowledged_lock_timeout=10,
        )

    async def trim(state: State) -> None:
        """Remove what every worker has acknowledged, which a stream keeps for ever."""
        redis: Any = connect_redis(url)
        try:
            if not await redis.exists(stream):
                return
            groups = [group for group in await redis.xinfo_groups(stream) if group["name"] == queue.encode()]
            if groups:
                pending = await redis.xpending(stream, queue)
                await redis.xtrim(stream, minid=pending["min"] or groups[0]["last-delivered-id"])
        finally:
            await redis.aclose()

    return BrokerEngine(make_broker, RedisState(url, queue), f"Redis at {address_of(url)}", recover=trim)
