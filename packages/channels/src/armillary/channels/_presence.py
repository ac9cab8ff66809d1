"""One room: who is in it, who joins and who leaves.

Watchers compare the members they know with those that are there, so they need no queue and cannot fall behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal, NamedTuple

from armillary.serialization import encode_json

from ._errors import MessageTooLarge
from ._presence_hub import Member, PresenceHub

_MAX_DATA = 4096


class Change(NamedTuple):
    """Someone joined or left a room.

    Attributes:
        kind: "join" or "leave".
        member: who; as it was before, for "leave".
    """

    kind: Literal["join", "leave"]
    member: Member


class Presence:
    """Who is in one room: `channels.presence("room:7")`.

    Members of a process that is killed leave within 2 s everywhere; those of a process whose event loop is blocked
    for longer than 1.5 s leave, and come back when it goes on.
    """

    def __init__(self, hub: PresenceHub, room: str) -> None:
        self.room = room
        self._hub = hub

    @asynccontextmanager
    async def join(self, key: str, data: Any = None) -> AsyncGenerator[None]:
        """Be in the room while the block runs: `async with presence.join("ada", {"color": "red"}):`.

        Args:
            key: who it is; several joins of one key are one member.
            data: up to 4,096 bytes of JSON.

        Raises:
            TypeError, ValueError: the key is not text of 1 to 200 characters, or the data is not JSON.
            MessageTooLarge: the data is larger.
        """
        if not isinstance(key, str):
            raise TypeError(f"key is text, got {key!r}")
        if not 0 < len(key) <= 200:
            raise ValueError(f"key has 1 to 200 characters, got {key!r}")
        size = len(encode_json(data))
        if size > _MAX_DATA:
            raise MessageTooLarge(f"data has {size:,} bytes as JSON, and presence takes {_MAX_DATA:,}")
        await self._hub.start()
        one = await self._hub.join(self.room, key, data)
        try:
            yield
        finally:
            from anyio import CancelScope, current_time

            with CancelScope(shield=True, deadline=current_time() + 1):
                await self._hub.leave(one)

    async def members(self) -> list[Member]:
        """Return who is in the room, in the order of their keys."""
        await self._hub.start()
        return [member for _, member in sorted(self._hub.members(self.room).items())]

    def changes(self) -> AsyncIterator[Change]:
        """Iterate over joins and leaves, without an end; who is there already comes first, as joins."""
        return _Changes(self._hub, self.room)


class _Changes:
    """The differences between who was there and who is; an iterator that may be left at any point."""

    def __init__(self, hub: PresenceHub, room: str) -> None:
        self._hub = hub
        self._room = room
        self._known: dict[str, Member] = {}
        self._changes: deque[Change] = deque()

    def __aiter__(self) -> _Changes:
        return self

    async def __anext__(self) -> Change:
        await self._hub.start()
        while not self._changes:
            known, members = self._known, self._hub.members(self._room)
            self._changes.extend(Change("leave", known[key]) for key in known if key not in members)
            self._changes.extend(Change("join", members[key]) for key in members if key not in known)
            self._known = members
            if not self._changes:
                await self._hub.wait()
        return self._changes.popleft()
