"""One subscriber: a bounded queue between an engine and a reader.

Rules
-----
- A subscription is *live* or *catching up*. It catches up when it begins at a cursor, and whenever the engine's
  connection was restored.
- Live: a message that comes is queued. If the queue is full, the policy decides.
- Catching up: the reader takes pages of history, one whenever its queue is empty. What comes meanwhile is held, as much
  as the queue would; more than that is in the history too, so the reader goes on with pages. After the last page the
  held messages follow, and the subscription is live.
- A message is queued only if it is after the last one queued: nothing comes twice, and the order is the engine's.
- Whatever is missing leaves a `Gap` in its place.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self, TypeAlias, TypedDict

from ._arrival import Arrival, Arrivals
from ._errors import EngineUnavailable, SubscriberTooSlow
from ._message import ChannelMessage, Gap, Position

if TYPE_CHECKING:
    from ._engine import Engine

Overflow: TypeAlias = Literal["close", "drop_oldest", "drop_newest"]
"""What happens to a subscriber whose queue is full."""

OVERFLOWS: Final[tuple[Overflow, ...]] = ("close", "drop_oldest", "drop_newest")
_RETRY_SECONDS = 0.05
_MAX_RETRY_SECONDS = 1.0


class SubscribeOptions(TypedDict, total=False):
    """The options of `Channels.subscribe`."""

    after: str | None
    last: int
    last_seconds: float | None
    queue: int | None
    overflow: Overflow | None


class Subscribers(Protocol):
    """What a subscription needs of the hub it belongs to."""

    @property
    def engine(self) -> Engine:
        """The engine, started or not."""
        ...

    @property
    def arrivals(self) -> Arrivals:
        """What wakes those who wait for messages."""
        ...

    async def started(self) -> Engine:
        """Return the engine, started."""
        ...

    async def position_of(self, cursor: str, name: str) -> Position:
        """Return the position of a cursor, if it may be continued."""
        ...

    async def add(self, subscription: Subscription) -> None:
        """Listen for a subscription."""
        ...

    def remove(self, subscription: Subscription) -> None:
        """Listen no more for a subscription."""
        ...


class Subscription:
    """Messages of a channel or pattern: `async with channels.subscribe("room:*") as messages`, and iterate.

    Attributes:
        name: the channel or pattern.

    An item is a `ChannelMessage`, or a `Gap` if messages are missing at that place. Iterating raises
    `SubscriberTooSlow` if the policy is "close" and the queue was full.
    """

    def __init__(
        self,
        hub: Subscribers,
        name: str,
        *,
        limit: int,
        overflow: Overflow,
        after: str | None,
        last: int,
        seconds: float | None,
    ) -> None:
        self.name = name
        self._hub = hub
        self._limit = limit
        self._overflow = overflow
        self._after = after
        self._last = last
        self._seconds = seconds
        self._queue: deque[ChannelMessage | Gap] = deque()
        self._held: list[ChannelMessage] = []
        self._held_all = True
        self._position: Position = (0, 0)
        self._catching_up = True
        self._too_slow = False
        self._closed = False
        self._arrival = Arrival(hub.arrivals)

    async def __aenter__(self) -> Self:
        engine = await self._hub.started()
        start = None if self._after is None else await self._hub.position_of(self._after, self.name)
        await self._hub.add(self)
        try:
            if start is not None:
                self._position = start
            elif self._last:
                # Taken before the messages: what is published between the two is among them, or held.
                self._position = await engine.position()
                recent = await engine.recent(self.name, self._last, self._seconds)
                self._position = max([self._position, *(message.position for message in recent[-1:])])
                self._queue.extend(recent)
            else:
                self._position = await engine.position()
        except BaseException:
            self._hub.remove(self)
            raise
        if start is None:
            self._go_live()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._hub.remove(self)
        self.end()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChannelMessage | Gap:
        while (item := self.take()) is None:
            more = self.more()
            if more is None:
                raise StopAsyncIteration
            await more
        return item

    def take(self) -> ChannelMessage | Gap | None:
        """Return the next item if it is there, as iterating does but without a coroutine for each."""
        if self._too_slow:
            raise SubscriberTooSlow(f"{self.name!r}: {self._limit} messages were waiting, and more came (queue)")
        return self._queue.popleft() if self._queue else None

    def more(self) -> Awaitable[None] | None:
        """Return what to await at once before the next `take`; None if the subscription has ended."""
        if self._closed:
            return None
        return self._read_page() if self._catching_up else self._arrival.wait()

    # From the hub; none of these waits

    def offer(self, message: ChannelMessage) -> None:
        """Take a live message."""
        if self._catching_up:
            if len(self._held) < self._limit:
                self._held.append(message)
            else:
                self._held_all = False
        elif message.position > self._position:
            self._position = message.position
            if len(self._queue) < self._limit:
                self._queue.append(message)
            else:
                self._overflow_with(message)
            self._arrival.notify()

    def catch_up(self) -> None:
        """Read from the history what may have been missed."""
        self._catching_up = True
        self._hold()
        self._arrival.notify()

    def end(self) -> None:
        """End the iteration after what is queued."""
        self._closed = True
        self._arrival.notify()

    # The queue

    def _overflow_with(self, message: ChannelMessage) -> None:
        queue = self._queue
        if self._overflow == "drop_oldest":
            self._drop_oldest()
            queue.append(message)
        elif self._overflow == "drop_newest":
            newest = queue[-1]
            if isinstance(newest, Gap) and newest.reason == "overflow":
                newest.count = (newest.count or 0) + 1
            else:
                queue.append(Gap(self.name, "overflow", 1))
        else:
            self._too_slow = True
            queue.clear()

    def _drop_oldest(self) -> None:
        """Replace the oldest message by a gap, or count it in the gap that is there."""
        oldest = self._queue.popleft()
        if not isinstance(oldest, Gap):
            oldest = Gap(self.name, "overflow", 1)
        else:
            self._queue.popleft()
            oldest.count = None if oldest.count is None else oldest.count + 1
        self._queue.appendleft(oldest)

    # Catching up

    async def _read_page(self) -> None:
        """Queue the next page of history; go live after the last."""
        from anyio import sleep

        delay = _RETRY_SECONDS
        while not self._closed:
            held = self._hold()
            try:
                page = await self._hub.engine.replay(self.name, self._position, self._limit)
            except EngineUnavailable:
                await sleep(delay)
                delay = min(delay * 2, _MAX_RETRY_SECONDS)
                continue
            if not page.complete:
                self._queue.append(Gap(self.name, "history"))
            for message in page.messages:
                if message.position > self._position:
                    self._position = message.position
                    self._queue.append(message)
            # The engine's connection may have broken meanwhile, which begins another round.
            if not page.more and self._held_all and held is self._held and self._hub.engine.available:
                self._go_live()
            return

    def _hold(self) -> list[ChannelMessage]:
        """Hold what comes from now on."""
        self._held = []
        self._held_all = True
        return self._held

    def _go_live(self) -> None:
        """Queue what was held, whatever the queue's limit: it came while the reader could not take it."""
        self._catching_up = False
        held, self._held = self._held, []
        for message in held:
            if message.position > self._position:
                self._position = message.position
                self._queue.append(message)
