"""The engine of one process: what it keeps ends with it."""

from __future__ import annotations

from collections import deque
from time import time, time_ns

from armillary.concurrency import yield_to_loop

from ._engine import Deliveries, Engine, Page, Settings
from ._message import ChannelMessage, Position
from ._names import is_pattern, matches

_SWEEP = 1000  # messages between two looks for channels that are out of use


class _Channel:
    """The last messages of one channel, with the times they came, and the position of the last one dropped."""

    __slots__ = ("dropped", "messages")

    def __init__(self) -> None:
        self.messages: deque[tuple[float, ChannelMessage]] = deque()
        self.dropped: Position = (0, 0)

    def drop(self, history: int, oldest: float) -> None:
        while self.messages and (len(self.messages) > history or self.messages[0][0] < oldest):
            self.dropped = self.messages.popleft()[1].position


class MemoryEngine(Engine):
    """Serves the subscribers of this process, on asyncio and trio."""

    name = "memory"
    alone = True

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._epoch = time_ns() // 1000
        self._count = 0
        self._channels: dict[str, _Channel] = {}
        self._listening: set[str] = set()
        self._forgotten: Position = (self._epoch, 0)
        self._deliveries: Deliveries | None = None

    async def start(self, deliveries: Deliveries) -> None:
        """Begin; there is nothing to connect to."""
        self._deliveries = deliveries

    async def close(self) -> None:
        """Keep the history, as the process goes on."""
        self._listening.clear()

    async def publish(self, channel: str, payload: bytes) -> Position:
        """Deliver at once, and give the subscribers a turn."""
        self._count += 1
        now = time()
        message = ChannelMessage(channel, (self._epoch, self._count), payload.decode())
        if self._count % _SWEEP == 0:
            self._sweep(now)
        kept = self._channels.setdefault(channel, _Channel())
        kept.messages.append((now, message))
        kept.drop(self.settings.history, now - self.settings.history_seconds)
        if self._deliveries is not None:
            for name in self._names_of(channel):
                self._deliveries.deliver(name, message)
        await yield_to_loop()
        return message.position

    async def listen(self, name: str) -> None:
        """Deliver the messages of a name."""
        self._listening.add(name)

    def unlisten(self, name: str) -> None:
        """Deliver no more of them."""
        self._listening.discard(name)

    async def position(self) -> Position:
        """Return the position of the newest message."""
        return self._epoch, self._count

    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Return the first messages after a position; a process that has ended leaves no history."""
        oldest = time() - self.settings.history_seconds
        messages: list[ChannelMessage] = []
        complete = after >= self._forgotten
        for kept in self._kept(name):
            kept.drop(self.settings.history, oldest)
            complete = complete and kept.dropped <= after
            messages += [message for _, message in kept.messages if message.position > after]
        messages.sort(key=lambda message: message.position)
        return Page(messages[:limit], len(messages) > limit, complete)

    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Return the last messages."""
        oldest = time() - min(seconds or self.settings.history_seconds, self.settings.history_seconds)
        found = [message for kept in self._kept(name) for at, message in kept.messages if at >= oldest]
        found.sort(key=lambda message: message.position)
        return found[-limit:]

    async def signal(self, payload: bytes) -> None:
        """Pass a signal to this process."""
        if self._deliveries is not None:
            self._deliveries.receive_signal(payload)

    def _names_of(self, channel: str) -> list[str]:
        return [name for name in self._listening if name == channel or ("*" in name and matches(name, channel))]

    def _kept(self, name: str) -> list[_Channel]:
        if is_pattern(name):
            return [kept for channel, kept in self._channels.items() if matches(name, channel)]
        kept = self._channels.get(name)
        return [] if kept is None else [kept]

    def _sweep(self, now: float) -> None:
        """Forget channels of which nothing is left."""
        for channel, kept in list(self._channels.items()):
            kept.drop(self.settings.history, now - self.settings.history_seconds)
            if not kept.messages:
                self._forgotten = max(self._forgotten, kept.dropped)
                del self._channels[channel]
