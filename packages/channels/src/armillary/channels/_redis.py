"""The engine on Redis (or Valkey): a stream for each channel, and pub/sub for what is live. Needs asyncio."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from heapq import merge
from itertools import islice
from time import time
from typing import Any, TypeVar

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, RedisError, TimeoutError as RedisTimeoutError

from armillary.concurrency import require_asyncio
from armillary.concurrency.redis import connect_redis

from ._asyncio import BackOff, end_task, first_attempts, repeat
from ._engine import Deliveries, Engine, Page, Settings
from ._engines import without_password
from ._errors import EngineUnavailable
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches
from ._redis_scripts import POSITION, PUBLISH, REPLAY

T = TypeVar("T")

_FAILURES = (RedisConnectionError, RedisTimeoutError, OSError)
_PING_SECONDS = 2.0
_DAY_MS = 24 * 3600 * 1000


class RedisEngine(Engine):
    """Serves all processes that use one Redis and prefix.

    Publishing is one script: it appends to the channel's stream and publishes, both or neither. Live messages come by
    pub/sub over one connection, which keeps their order; after that broke, subscribers read on from the streams.

    Args:
        url: as redis-py takes it.
        settings: what all engines share.
    """

    name = "redis"

    def __init__(self, url: str, settings: Settings) -> None:
        super().__init__(settings)
        self._address = without_password(url)
        once: Any = Retry(NoBackoff(), 0)
        # A command that may have been done is never repeated unseen: the scripts know which of them may.
        self._redis = connect_redis(url, timeout=settings.timeout, retry=once)
        self._live = connect_redis(url, timeout=settings.timeout, max_connections=4, retry=once)
        self._run_publish = self._redis.register_script(PUBLISH)
        self._run_replay = self._redis.register_script(REPLAY)
        self._run_position = self._redis.register_script(POSITION)
        self._prefix = f"{{{settings.prefix}}}"  # one slot of a cluster
        self._live_prefix = f"{settings.prefix}:live:"
        self._signals = f"{settings.prefix}:signals"
        self._history_ms = int(settings.history_seconds * 1000)
        self._keep_ms = max(2 * self._history_ms, _DAY_MS)
        self._names: set[str] = set()
        self._confirmations: dict[bytes, asyncio.Future[None]] = {}
        self._pubsub: Any = None
        self._task: asyncio.Task[None] | None = None
        self._deliveries: Deliveries | None = None

    # Starting and ending

    async def start(self, deliveries: Deliveries) -> None:
        """Connect for live messages, and begin to receive them."""
        require_asyncio(f"the engine {self.name}", "under trio only memory:// works")
        self._deliveries = deliveries
        try:
            await first_attempts(self._connect, self.settings.start_timeout, (RedisError, OSError))
        except (RedisError, OSError) as exc:
            raise self._unavailable(exc) from exc
        self.available = True
        self._task = asyncio.create_task(self._receive())

    async def close(self) -> None:
        """End the connections."""
        task, self._task = self._task, None
        await end_task(task)
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
        """Receive for ever; connect again, with back-off, whenever the connection breaks."""
        back_off = BackOff()
        while True:
            try:
                await self._receive_live()
            except (RedisError, OSError):
                self.available = False
                await self._disconnect()
            while not self.available:
                await back_off.pause()
                try:
                    await self._connect()
                except (RedisError, OSError):
                    continue
                back_off.reset()
                self.available = True
            if self._deliveries is not None:
                self._deliveries.restore()

    async def _receive_live(self) -> None:
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
            self._deliveries.deliver(name, ChannelMessage(channel, _position(position), payload.decode()))

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
        if pubsub is not None and self._task is not None:
            self._task.get_loop().create_task(self._unsubscribe(pubsub, name))

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
        keys = [self._key("last"), self._key("born"), self._key("index"), *self._keys_of(channel)]
        settings = self.settings
        token = uuid.uuid4().hex
        live = self._live_prefix + channel

        async def attempt(repeated: bool) -> bytes:
            args = [channel, payload, token, int(repeated), settings.history, self._history_ms, self._keep_ms, live]
            result: bytes = await self._run_publish(keys=keys, args=args)
            return result

        return _position(await self._repeat(attempt))

    async def signal(self, payload: bytes) -> None:
        """Publish without history."""
        await self._once(lambda: self._redis.publish(self._signals, payload))

    async def position(self) -> Position:
        """Return the position of the newest message."""
        keys = [self._key("last"), self._key("born")]
        return _position(await self._repeat(lambda _: self._run_position(keys=keys)))

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the streams of a name from a position on."""
        if not is_pattern(name):
            complete, messages = await self._replay_channel(name, after, limit)
            return Page(messages[:limit], len(messages) > limit, complete)
        complete = after[0] > time() * 1000 - self._keep_ms
        pages: list[list[ChannelMessage]] = []
        for channel in await self._channels_since(name, after[0]):
            channel_complete, messages = await self._replay_channel(channel, after, limit)
            complete = complete and channel_complete
            pages.append(messages)
        if not pages:  # nothing since, unless Redis has lost it
            complete = complete and (await self._replay_channel(name, after, 1))[0]
        merged = list(islice(merge(*pages, key=lambda message: message.position), limit + 1))
        return Page(merged[:limit], len(merged) > limit, complete)

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Read the ends of the streams of a name."""
        age = min(seconds or self.settings.history_seconds, self.settings.history_seconds)
        oldest = int((await self._server_time() - age) * 1000)
        channels = await self._channels_since(name, oldest) if is_pattern(name) else [name]
        found: list[ChannelMessage] = []
        for channel in channels:
            stream = self._keys_of(channel)[0]
            entries = await self._once(lambda: self._redis.xrevrange(stream, "+", str(oldest), count=limit))  # noqa: B023
            found += [_message(channel, entry_id, fields[b"d"]) for entry_id, fields in entries]
        found.sort(key=lambda message: message.position)
        return found[-limit:]

    async def _server_time(self) -> float:
        seconds, microseconds = await self._once(self._redis.time)
        return float(seconds) + float(microseconds) / 1e6

    async def _replay_channel(self, channel: str, after: Position, limit: int) -> tuple[bool, list[ChannelMessage]]:
        keys = [self._key("born"), *self._keys_of(channel)]
        args = [f"{after[0]}-{after[1]}", limit + 1, self._keep_ms]
        complete, entries = await self._once(lambda: self._run_replay(keys=keys, args=args))
        return bool(complete), [_message(channel, entry_id, fields[1]) for entry_id, fields in entries]

    async def _channels_since(self, pattern: str, since: int) -> list[str]:
        found: list[bytes] = await self._once(
            lambda: self._redis.zrange(self._key("index"), since, "+inf", byscore=True)
        )
        return [channel for channel in (one.decode() for one in found) if matches(pattern, channel)]

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"

    def _keys_of(self, channel: str) -> list[str]:
        return [self._key(f"stream:{channel}"), self._key(f"head:{channel}")]

    # Failures

    async def _once(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except _FAILURES as exc:
            raise self._unavailable(exc) from exc

    async def _repeat(self, attempt: Callable[[bool], Awaitable[T]]) -> T:
        """Call until it succeeds; at most for the time-out."""
        try:
            return await repeat(attempt, self.settings.timeout, _FAILURES)
        except _FAILURES as exc:
            raise self._unavailable(exc) from exc

    def _unavailable(self, exc: BaseException) -> EngineUnavailable:
        return EngineUnavailable(f"Redis at {self._address} cannot be used: {exc or type(exc).__name__}")


def _position(text: bytes) -> Position:
    ms, _, count = text.partition(b"-")
    return int(ms), int(count)


def _message(channel: str, entry_id: bytes, payload: bytes) -> ChannelMessage:
    return ChannelMessage(channel, _position(entry_id), payload.decode())


async def _close_pubsub(pubsub: Any) -> None:
    """Close the connection rather than give it back; what it has subscribed to ends with it."""
    try:
        if pubsub.connection is not None:
            await pubsub.connection.disconnect()
        await pubsub.aclose()
    except (RedisError, OSError):
        return
