"""The history of the Redis engine: a stream for each channel."""

from __future__ import annotations

from heapq import merge
from itertools import islice
from time import time
from typing import Any

from ._engine import Page, Settings
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches
from ._redis_scripts import REPLAY

_DAY_MS = 24 * 3600 * 1000


class RedisKeys:
    """The names of the keys, which are described in `_redis_scripts`; all in one slot of a cluster."""

    def __init__(self, prefix: str) -> None:
        self._prefix = f"{{{prefix}}}"
        self.last, self.born, self.index = (f"{self._prefix}:{name}" for name in ("last", "born", "index"))

    def of(self, channel: str) -> list[str]:
        """Return the keys of one channel: its stream, and its head."""
        return [f"{self._prefix}:stream:{channel}", f"{self._prefix}:head:{channel}"]


class RedisHistory:
    """Reads streams. What a Redis that is away raises is passed on.

    Args:
        redis: a client.
        keys: of what is read.
        settings: what all engines share.

    Attributes:
        history_ms: milliseconds that messages are kept.
        keep_ms: milliseconds that is remembered of which messages a channel has lost.
    """

    def __init__(self, redis: Any, keys: RedisKeys, settings: Settings) -> None:
        self._redis = redis
        self._keys = keys
        self._history_seconds = settings.history_seconds
        self.history_ms = int(settings.history_seconds * 1000)
        self.keep_ms = max(2 * self.history_ms, _DAY_MS)
        self._run_replay = redis.register_script(REPLAY)

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Read the streams of a name from a position on."""
        if not is_pattern(name):
            complete, messages = await self._replay_channel(name, after, limit)
            return Page(messages[:limit], len(messages) > limit, complete)
        complete = after[0] > time() * 1000 - self.keep_ms
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
        age = min(seconds or self._history_seconds, self._history_seconds)
        oldest = int((await self._server_time() - age) * 1000)
        channels = await self._channels_since(name, oldest) if is_pattern(name) else [name]
        found: list[ChannelMessage] = []
        for channel in channels:
            stream = self._keys.of(channel)[0]
            entries = await self._redis.xrevrange(stream, "+", str(oldest), count=limit)
            found += [_message(channel, entry_id, fields[b"d"]) for entry_id, fields in entries]
        found.sort(key=lambda message: message.position)
        return found[-limit:]

    async def _server_time(self) -> float:
        seconds, microseconds = await self._redis.time()
        return float(seconds) + float(microseconds) / 1e6

    async def _replay_channel(self, channel: str, after: Position, limit: int) -> tuple[bool, list[ChannelMessage]]:
        keys = [self._keys.born, *self._keys.of(channel)]
        args = [f"{after[0]}-{after[1]}", limit + 1, self.keep_ms]
        complete, entries = await self._run_replay(keys=keys, args=args)
        return bool(complete), [_message(channel, entry_id, fields[1]) for entry_id, fields in entries]

    async def _channels_since(self, pattern: str, since: int) -> list[str]:
        found: list[bytes] = await self._redis.zrange(self._keys.index, since, "+inf", byscore=True)
        return [channel for channel in (one.decode() for one in found) if matches(pattern, channel)]


def position_of(text: bytes) -> Position:
    """Return the position that an id of a stream is."""
    ms, _, count = text.partition(b"-")
    return int(ms), int(count)


def _message(channel: str, entry_id: bytes, payload: bytes) -> ChannelMessage:
    return ChannelMessage(channel, position_of(entry_id), payload.decode())
