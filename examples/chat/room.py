"""A room of people, and a queue of messages for each, so that a slow one does not delay the others."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import anyio

WAITING = 64
HISTORY = 50


class TooSlow(Exception):
    """A member's connection did not take messages as fast as the room made them."""


class Member:
    """One connection: a bounded queue between the room and its socket."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: deque[str] = deque()
        self._news = anyio.Event()
        self._too_slow = False

    def offer(self, text: str) -> None:
        """Queue a message; a member with too many waiting is dropped."""
        if len(self._waiting) >= WAITING:
            self._too_slow = True
        else:
            self._waiting.append(text)
        self._news.set()

    async def next(self) -> str:
        """Return the next message, waiting for one.

        Raises:
            TooSlow: the queue ran over.
        """
        while not self._waiting and not self._too_slow:
            self._news = anyio.Event()
            await self._news.wait()
        if self._too_slow:
            raise TooSlow
        return self._waiting.popleft()


class Room:
    """The members, and the last messages."""

    def __init__(self) -> None:
        self._members: set[Member] = set()
        self._history: deque[str] = deque(maxlen=HISTORY)

    def enter(self, member: Member) -> None:
        """Send a new member the last messages, and announce them."""
        for text in self._history:
            member.offer(text)
        self._members.add(member)
        self.broadcast(kind="arrival", name=member.name, here=len(self._members))

    def leave(self, member: Member) -> None:
        """Announce that a member has left."""
        self._members.discard(member)
        self.broadcast(kind="departure", name=member.name, here=len(self._members))

    def say(self, member: Member, text: str) -> None:
        """Send a message to all members, and keep it for later ones."""
        self._history.append(self.broadcast(kind="message", name=member.name, text=text))

    def broadcast(self, **event: Any) -> str:
        """Encode an event once, and queue it for all members."""
        text = json.dumps(event)
        for member in self._members:
            member.offer(text)
        return text
