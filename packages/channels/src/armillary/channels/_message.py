"""What a subscriber gets: messages, and gaps between them."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias

from armillary.http import ServerSentEvent
from armillary.serialization import decode_json, encode_json

from ._errors import CursorError
from ._names import matches

Position: TypeAlias = tuple[int, int]
"""Where a message stands among all messages of its engine: the larger, the later. The first number grows with each
store, or with the time; the second counts."""

_CURSOR = re.compile(r"(\d{1,19})-(\d{1,19})@(.+)")
_UNREAD: Any = object()


def format_cursor(position: Position, channel: str) -> str:
    """Return a position as clients keep it."""
    return f"{position[0]}-{position[1]}@{channel}"


def parse_cursor(cursor: object, name: str) -> Position:
    """Return the position of a cursor.

    Args:
        cursor: what `format_cursor` returned.
        name: the channel or pattern that is subscribed to.

    Raises:
        CursorError: it is malformed, or of a channel that is not within `name`.
    """
    found = _CURSOR.fullmatch(cursor) if isinstance(cursor, str) else None
    if found is None:
        raise CursorError(f"after={cursor!r} is no cursor; pass the `cursor` of a message that was received")
    if not matches(name, found[3]):
        raise CursorError(f"after={cursor!r} is a cursor of the channel {found[3]!r}, which is not within {name!r}")
    return int(found[1]), int(found[2])


class ChannelMessage:
    """One message of a channel.

    Attributes:
        channel: the channel it was published to.
        text: its value as JSON, encoded once by who published it.
        data: its value, decoded when first asked for.
        cursor: where it stands: `subscribe(..., after=cursor)` continues after it.
    """

    __slots__ = ("_data", "_envelope", "_event", "channel", "position", "text")

    def __init__(self, channel: str, position: Position, text: str) -> None:
        self.channel: str = channel
        self.position: Position = position
        self.text: str = text
        self._data = _UNREAD
        self._envelope: str | None = None
        self._event: bytes | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(channel={self.channel!r}, cursor={self.cursor!r}, text={self.text[:80]!r})"

    @property
    def cursor(self) -> str:
        """Where the message stands."""
        return format_cursor(self.position, self.channel)

    @property
    def data(self) -> Any:
        """The published value."""
        if self._data is _UNREAD:
            self._data = decode_json(self.text.encode())
        return self._data

    @property
    def envelope(self) -> str:
        """JSON with `channel`, `cursor` and `data`; made once for all subscribers."""
        if self._envelope is None:
            head = encode_json({"channel": self.channel, "cursor": self.cursor}).decode()
            self._envelope = f'{head[:-1]},"data":{self.text}}}'
        return self._envelope

    @property
    def event(self) -> bytes:
        """The server-sent event of the message, with its cursor as the id; made once for all subscribers."""
        if self._event is None:
            self._event = ServerSentEvent(self.text, id=self.cursor).encode()
        return self._event


class Gap:
    """Messages are missing, or may be, between the message before and the next.

    Attributes:
        name: the channel or pattern of the subscription.
        reason: "overflow": the subscriber's queue was full; "history": the engine no longer has what follows the
            cursor, because it keeps no more or has lost it.
        count: how many are missing; None if the engine cannot say.
    """

    __slots__ = ("count", "name", "reason")

    def __init__(self, name: str, reason: Literal["overflow", "history"], count: int | None = None) -> None:
        self.name: str = name
        self.reason = reason
        self.count: int | None = count

    def __repr__(self) -> str:
        return f"{type(self).__name__}(name={self.name!r}, reason={self.reason!r}, count={self.count!r})"

    @property
    def envelope(self) -> str:
        """JSON with `gap`, an object of `name`, `reason` and `count`."""
        gap = {"name": self.name, "reason": self.reason, "count": self.count}
        return encode_json({"gap": gap}).decode()

    @property
    def event(self) -> bytes:
        """The server-sent event of the type "gap"."""
        return ServerSentEvent({"name": self.name, "reason": self.reason, "count": self.count}, event="gap").encode()
