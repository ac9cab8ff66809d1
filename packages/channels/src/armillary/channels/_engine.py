"""What an engine does, and the settings that all engines share.

An engine delivers live messages at most once, and notices when its connection broke. All the rest is the same for
every engine, and is done by the subscriptions: after a break they read what they missed from the engine's history.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple, Protocol

from ._errors import CursorError
from ._message import ChannelMessage, Position


class Settings(NamedTuple):
    """How an engine keeps messages.

    Attributes:
        prefix: what the names of its keys, tables and streams begin with.
        history: how many messages it keeps of each channel.
        history_seconds: how long it keeps them.
        timeout: seconds to wait for a response.
        start_timeout: seconds to go on trying for a first connection.
    """

    prefix: str
    history: int
    history_seconds: float
    timeout: float
    start_timeout: float


class Page(NamedTuple):
    """A piece of history.

    Attributes:
        messages: in the order they were published.
        more: whether more follow.
        complete: whether nothing between the cursor and the first message is missing.
    """

    messages: list[ChannelMessage]
    more: bool
    complete: bool


class Deliveries(Protocol):
    """Where an engine brings what it receives; none of these waits."""

    def deliver(self, name: str, message: ChannelMessage) -> None:
        """Pass a message to the subscribers of a name."""

    def restore(self) -> None:
        """Let all subscribers read what they may have missed."""

    def receive_signal(self, payload: bytes) -> None:
        """Pass on a signal of this process or another."""


class Engine(ABC):
    """One kind of broker.

    Attributes:
        name: as errors call it.
        max_size: bytes of the largest message.
        alone: whether no other process shares its messages.
        available: whether it is connected.
    """

    name: ClassVar[str]
    max_size: ClassVar[int] = 1024 * 1024
    alone: ClassVar[bool] = False
    available = True

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    async def start(self, deliveries: Deliveries) -> None:
        """Connect.

        Raises:
            EngineUnavailable: it cannot be reached.
        """

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything; `start` may follow."""

    @abstractmethod
    async def publish(self, channel: str, payload: bytes) -> Position:
        """Append a message to a channel's history and deliver it, both or neither."""

    @abstractmethod
    async def listen(self, name: str) -> None:
        """Deliver the messages of a channel or pattern from now on; returns when that is in force."""

    @abstractmethod
    def unlisten(self, name: str) -> None:
        """Deliver no more of them."""

    @abstractmethod
    async def position(self) -> Position:
        """Return the position of the newest message."""

    @abstractmethod
    async def replay(self, name: str, after: Position, limit: int) -> Page:
        """Return the first messages after a position."""

    @abstractmethod
    async def recent(self, name: str, limit: int, seconds: float | None) -> list[ChannelMessage]:
        """Return the last messages that are not older than some seconds."""

    @abstractmethod
    async def signal(self, payload: bytes) -> None:
        """Pass a few bytes to all processes, at most once and without history."""


async def check_not_future(engine: Engine, position: Position, cursor: str) -> None:
    """Raise unless a cursor is of the past."""
    newest = await engine.position()
    if position > newest:
        raise CursorError(f"after={cursor!r} is from the future: the newest message is {newest[0]}-{newest[1]}")
