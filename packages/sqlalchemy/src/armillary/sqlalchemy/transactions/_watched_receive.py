"""A receive channel that records the disconnect it passed on."""

from __future__ import annotations

from collections import deque
from typing import Any

from armillary.asgi_types import Message, Receive


class WatchedReceive:
    """Passes messages on, and detects a disconnect without taking messages from the application.

    Args:
        receive: the connection's receive channel.

    Attributes:
        body_messages: how many messages with the request's body it passed on.
    """

    __slots__ = ("__weakref__", "_disconnected", "_receive", "_unread", "body_messages")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._unread: deque[Message] = deque()
        self._disconnected = False
        self.body_messages = 0

    async def __call__(self) -> Message:
        """Return the next message."""
        message = self._unread.popleft() if self._unread else await self._take()
        self.body_messages += message["type"] == "http.request"
        return message

    async def _take(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._disconnected = True
        return message

    async def _look(self) -> Message:
        message = await self._take()
        self._unread.append(message)
        return message

    async def is_disconnected(self) -> bool:
        """Return whether the client has disconnected; other messages are kept for the application."""
        if not self._disconnected:
            from armillary.http import Request

            await Request[Any]({"type": "http"}, self._look).is_disconnected()
        return self._disconnected
