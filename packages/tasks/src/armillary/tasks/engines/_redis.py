"""Redis Streams, by taskiq-redis."""

from __future__ import annotations

from typing import Any, Final

try:
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from taskiq_redis import RedisStreamBroker
except ImportError as exc:
    raise ImportError("tasks in Redis need taskiq-redis: pip install 'armillary-tasks[redis]'") from exc

from armillary.concurrency.redis import connect_redis, driver_options

from .._address import address_of
from .._broker_engine import BrokerEngine
from .._envelope import Envelope
from .._state import State
from ._redis_state import RedisState

BLOCK_IN_MILLISECONDS: Final = 1000
DAY_IN_MILLISECONDS: Final = 24 * 60 * 60 * 1000

# In one step, so that the message is neither lost nor delivered by two who look at once.
REQUEUE_SCRIPT: Final = """
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
local found = redis.call('XRANGE', KEYS[1], ARGV[2], ARGV[2])
if found[1] then redis.call('XADD', KEYS[1], '*', unpack(found[1][2])) end
return 1
"""


def redis_engine(url: str, queue: str, lease: float, concurrency: int, timeout: float) -> BrokerEngine:
    """Return an engine on Redis Streams."""
    stream = f"{queue}:messages"

    def make_broker() -> RedisStreamBroker:
        return RedisStreamBroker(
            url,
            queue_name=stream,
            consumer_group_name=queue,
            consumer_id="0",  # a worker that starts later gets what was enqueued before
            xread_block=BLOCK_IN_MILLISECONDS,
            xread_count=min(concurrency, 10),
            # It looks for messages of dead workers only when others come, so `recover` does it.
            idle_timeout=DAY_IN_MILLISECONDS,
            unacknowledged_lock_timeout=10,
            socket_connect_timeout=timeout,
            socket_timeout=timeout + BLOCK_IN_MILLISECONDS / 1000,
            retry=Retry(NoBackoff(), 0),
            **driver_options(),
        )

    async def recover(state: State) -> None:
        """Deliver again what nobody holds; remove what every worker has acknowledged, which a stream keeps for ever."""
        redis: Any = connect_redis(url, timeout=timeout)
        try:
            if not await redis.exists(stream):
                return
            pending = await redis.xpending_range(stream, queue, "-", "+", 100, idle=int(lease * 1000))
            for number in [entry["message_id"] for entry in pending]:
                found = await redis.xrange(stream, number, number)
                if not found or not await is_held(state, found[0][1]):
                    await redis.eval(REQUEUE_SCRIPT, 1, stream, queue, number)
            groups = [group for group in await redis.xinfo_groups(stream) if group["name"] == queue.encode()]
            if groups:
                oldest = (await redis.xpending(stream, queue))["min"]
                await redis.xtrim(stream, minid=oldest or groups[0]["last-delivered-id"])
        finally:
            await redis.aclose()

    state = RedisState(url, queue, timeout)
    return BrokerEngine(make_broker, state, f"Redis at {address_of(url)}", timeout, recover=recover)


async def is_held(state: State, fields: dict[bytes, bytes]) -> bool:
    """Return whether a worker holds the lease of a message."""
    for value in fields.values():
        try:
            turn = Envelope.decode(value).turn
        except (ValueError, TypeError):
            continue
        return await state.get(f"lease:{turn}") is not None
    return False
