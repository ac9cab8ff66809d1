"""The subscriptions of one process, by name, and the engine that all of them share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._arrival import Arrivals
from ._engine import Engine, check_not_future
from ._message import ChannelMessage, Position, parse_cursor
from ._subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Callable

    from anyio import Lock


class Hub:
    """Passes what the engine delivers to the subscriptions of this process.

    Args:
        engine: not started yet.

    The engine starts with the first use, and listens to a name while it has subscribers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.arrivals = Arrivals()
        self.on_signal: Callable[[bytes], None] | None = None
        self._subscriptions: dict[str, set[Subscription]] = {}
        self._is_started = False
        self._lock: Lock | None = None

    @property
    def engine(self) -> Engine:
        """The engine, started or not."""
        return self._engine

    async def started(self) -> Engine:
        """Return the engine, started."""
        if not self._is_started:
            async with self._locked():
                if not self._is_started:
                    await self.engine.start(self)
                    self._is_started = True
        return self.engine

    async def close(self) -> None:
        """End all subscriptions, and the engine."""
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.end()
        self._subscriptions.clear()
        self._lock = None
        if self._is_started:
            self._is_started = False
            await self.engine.close()

    async def position_of(self, cursor: str, name: str) -> Position:
        """Return the position of a cursor, if it may be continued.

        Raises:
            CursorError: it is malformed, from the future, or of another channel.
        """
        position = parse_cursor(cursor, name)
        await check_not_future(await self.started(), position, cursor)
        return position

    async def add(self, subscription: Subscription) -> None:
        """Listen for a subscription."""
        name = subscription.name
        async with self._locked():
            first = name not in self._subscriptions
            self._subscriptions.setdefault(name, set()).add(subscription)
            if first:
                try:
                    await self.engine.listen(name)
                except BaseException:
                    self.remove(subscription)
                    raise

    def remove(self, subscription: Subscription) -> None:
        """Listen no more for a subscription."""
        name = subscription.name
        subscriptions = self._subscriptions.get(name)
        if subscriptions is None:
            return
        subscriptions.discard(subscription)
        if not subscriptions:
            del self._subscriptions[name]
            self.engine.unlisten(name)

    # From the engine

    def deliver(self, name: str, message: ChannelMessage) -> None:
        """Pass a message to the subscribers of a name."""
        for subscription in self._subscriptions.get(name, ()):
            subscription.offer(message)

    def restore(self) -> None:
        """Let all subscribers read what they may have missed."""
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.catch_up()

    def receive_signal(self, payload: bytes) -> None:
        """Pass on a signal."""
        if self.on_signal is not None:
            self.on_signal(payload)

    def _locked(self) -> Lock:
        from anyio import Lock

        if self._lock is None:
            self._lock = Lock()
        return self._lock
