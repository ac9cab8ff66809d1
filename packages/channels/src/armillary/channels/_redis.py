"""The engine on Redis (or Valkey): a stream for each channel, and pub/sub for what is live. Needs asyncio."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, RedisError, TimeoutError as RedisTimeoutError

from armillary.concurrency.redis import connect_redis

from ._broker import BrokerEngine
from ._engine import Page, Settings
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches
from ._redis_history import RedisHistory, RedisKeys, position_of
from ._redis_scripts import POSITION, PUBLISH

_PING_SECONDS = 2.0


class RedisEngine(BrokerEngine):
    """Serves all processes that use one Redis and prefix.

    Publishing is one script: it appends to the channel's stream and publishes, both or neither. Live messages come by
    pub/sub over one connection, which keeps their order; after that broke, subscribers read on from the streams.

    Args:
        url: as redis-py takes it.
        settings: what all engines share.
    """

    name = "redis"
    title = "Redis"
    failures = (RedisConnectionError, RedisTimeoutError, OSError)
    no_connection = (RedisError, OSError)

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(url, settings)
        once: Any = Retry(NoBackoff(), 0)
        # A command that may have been done is never repeated unseen: the scripts know which of them may.
        self._redis = connect_redis(url, timeout=settings.timeout, retry=once)
        self._live = connect_redis(url, timeout=settings.timeout, max_connections=4, retry=once)
        self._run_publish = self._redis.register_script(PUBLISH)
        self._run_position = self._redis.register_script(POSITION)
        self._keys = RedisKeys(settings.prefix)
        self._live_prefix = f"{settings.prefix}:live:"
        self._signals = f"{settings.prefix}:signals"
        self._history = RedisHistory(self._redis, self._keys, settings)
        self._names: set[str] = set()
        self._confirmations: dict[bytes, asyncio.Future[None]] = {}
        self._pubsub: Any = None

    # Starting and ending

    async def _close(self) -> None:
        await self._disconnect()
        self._names.clear()
        await self._redis.aclose()
        await self._live.aclose()

    async def _connect(self) -> None:
        """Open the connection for live messages, listening to all names."""
        pubsub = self._live.pubsub()
        try:
            patterns = [self._live_prefix + name for name in self._names if is_pattern(name)]
            await pubsub.subscribe(
                self._signals, *(self._live_prefix + name for name in self._names if not is_pattern(name))
            )
            if patterns:
                await pubsub.psubscribe(*patterns)
            waiting = 1 + len(self._names)
            while waiting:
                message = await pubsub.get_message(timeout=self.settings.timeout)
                if message is None:
                    raise RedisTimeoutError(f"no response within {self.settings.timeout:g} s")
                waiting -= message["type"] in ("subscribe", "psubscribe")
        except BaseException:
            await _close_pubsub(pubsub)
            raise
        self._pubsub = pubsub

    async def _disconnect(self) -> None:
        pubsub, self._pubsub = self._pubsub, None
        for confirmation in self._confirmations.values():
            if not confirmation.done():
                confirmation.set_result(None)  # the next connection begins with all names
        self._confirmations.clear()
        if pubsub is not None:
            await _close_pubsub(pubsub)

    # Live messages

    async def _receive(self) -> None:
        pubsub = self._pubsub
        loop = asyncio.get_running_loop()
        heard = pinged = loop.time()
        while True:
            message = await pubsub.get_message(timeout=_PING_SECONDS)
            now = loop.time()
            if message is not None:
                heard = now
                self._take(message)
            elif pinged > heard and now - pinged > self.settings.timeout:
                raise RedisTimeoutError(f"Redis was silent for {self.settings.timeout:g} s")
            if message is None and pinged <= heard:
                await pubsub.ping()
                pinged = loop.time()

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "message":
            name = message["channel"].decode()
            if name == self._signals:
                if self._deliveries is not None:
                    self._deliveries.receive_signal(message["data"])
            else:
                self._deliver(name, name, message["data"])
        elif kind == "pmessage":
            self._deliver(message["pattern"].decode(), message["channel"].decode(), message["data"])
        elif kind in ("subscribe", "psubscribe"):
            confirmation = self._confirmations.pop(message["channel"], None)
            if confirmation is not None and not confirmation.done():
                confirmation.set_result(None)

    def _deliver(self, name: str, channel: str, data: bytes) -> None:
        name, channel = name[len(self._live_prefix) :], channel[len(self._live_prefix) :]
        # Redis's own `*` stands for more than one segment.
        if self._deliveries is not None and (name == channel or matches(name, channel)):
            position, _, payload = data.partition(b" ")
            self._deliveries.deliver(name, ChannelMessage(channel, position_of(position), payload.decode()))

    async def listen(self, name: str) -> None:
        """Subscribe, and wait for Redis to confirm it; while Redis is away, the next connection does."""
        self._names.add(name)
        pubsub = self._pubsub
        if pubsub is None:
            return
        topic = self._live_prefix + name
        confirmation = self._confirmations[topic.encode()] = asyncio.get_running_loop().create_future()
        try:
            await (pubsub.psubscribe(topic) if is_pattern(name) else pubsub.subscribe(topic))
            await asyncio.wait_for(confirmation, self.settings.timeout)
        except (RedisError, OSError) as exc:  # the time-out is an OSError
            self._names.discard(name)
            raise self._unavailable(exc) from exc

    def unlisten(self, name: str) -> None:
        """Unsubscribe soon."""
        self._names.discard(name)
        pubsub = self._pubsub
        if pubsub is not None:
            self._soon(lambda: self._unsubscribe(pubsub, name))

    async def _unsubscribe(self, pubsub: Any, name: str) -> None:
        if name not in self._names:  # else there is a subscriber again
            topic = self._live_prefix + name
            try:
                await (pubsub.punsubscribe(topic) if is_pattern(name) else pubsub.unsubscribe(topic))
            except (RedisError, OSError):
                return  # the receiving task notices it, and connects without the name

    # Publishing and history

    async def publish(self, channel: str, payload: bytes) -> Position:
        """Append and publish; repeat it while Redis is away, recognizing an attempt that was done."""
        keys = [self._keys.last, self._keys.born, self._keys.index, *self._keys.of(channel)]
        settings = self.settings
        token = uuid.uuid4().hex
        live = self._live_prefix + channel
        history_ms, keep_ms = self._history.history_ms, self._history.keep_ms

        async def attempt(repeated: bool) -> bytes:
            args = [channel, payload, token, int(repeated), settings.history, history_ms, keep_ms, live]
            result: bytes = await self._run_publish(keys=keys, args=args)
            return result

        return position_of(await self._repeated(attempt))

    async def signal(self, payload: bytes) -> None:
        """Publish without history."""
        await self._once(lambda: self._redis.publish(self._signals, payload))

    async def position(self) -> Position:
        """Return the position of the newest message."""
        keys = [self._keys.last, self._keys.born]
        return position_of(await self._repeated(lambda _: self._run_position(keys=keys)))

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the streams of a name from a position on."""
        return await self._once(lambda: self._history.replay(name, after, limit))

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Read the ends of the streams of a name."""
        return await self._once(lambda: self._history.recent(name, limit, seconds))


async def _close_pubsub(pubsub: Any) -> None:
    """Close the connection rather than give it back; what it has subscribed to ends with it."""
    try:
        if pubsub.connection is not None:
            await pubsub.connection.disconnect()
        await pubsub.aclose()
    except (RedisError, OSError):
        return
