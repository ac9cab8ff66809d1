"""Received messages waiting for the handler."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from armillary.asgi_types import Message

from ._limits import WebSocketLimits

if TYPE_CHECKING:
    from anyio import Event


def _size(message: Message) -> int:
    text = message.get("text")
    if text is not None:
        return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    return len(message.get("bytes") or b"")


class MessageQueue:
    """A queue with one writer, counted in messages and bytes, that can end.

    Args:
        limits: how many messages and bytes may wait.
    """

    __slots__ = ("_abandoned", "_bytes", "_changed", "_end", "_exhausted", "_limits", "_messages")

    def __init__(self, limits: WebSocketLimits) -> None:
        self._limits = limits
        self._messages: deque[tuple[Message, int]] = deque()
        self._bytes = 0
        self._end: Message | Exception | None = None
        self._exhausted = False
        self._abandoned = False
        self._changed: Event | None = None

    @property
    def exhausted(self) -> bool:
        """Whether nothing more will come out."""
        return self._exhausted or (self._abandoned and not self._messages and self._end is None)

    @property
    def ended(self) -> bool:
        """Whether it is known how the connection ended."""
        return self._end is not None

    def put(self, message: Message) -> bool:
        """Add a message, or return False if that would exceed a limit."""
        size, limits = _size(message), self._limits
        if limits.max_queued_messages is not None and len(self._messages) >= limits.max_queued_messages:
            return False
        if limits.max_queued_bytes is not None and self._bytes + size > limits.max_queued_bytes:
            return False
        self._messages.append((message, size))
        self._bytes += size
        self._wake()
        return True

    def end(self, last: Message | Exception) -> None:
        """Record how the connection ended; only the first call counts."""
        if self._end is None:
            self._end = last
            self._wake()

    def abandon(self) -> None:
        """Record that nothing more will be put in, though the connection may go on."""
        self._abandoned = True
        self._wake()

    async def get(self) -> Message | None:
        """Return the next message; after the last one return or raise the end, once.

        None means that the queue was abandoned before the connection ended.
        """
        while not self._messages and self._end is None:
            if self._abandoned:
                return None
            await self._wait()
        if self._messages:
            message, size = self._messages.popleft()
            self._bytes -= size
            return message
        self._exhausted = True
        if isinstance(self._end, Exception):
            raise self._end
        assert self._end is not None
        return self._end

    async def wait_ended(self) -> None:
        """Return once the connection has ended, even with messages left, or the queue is abandoned."""
        while self._end is None and not self._abandoned:
            await self._wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()
            self._changed = None

    async def _wait(self) -> None:
        if self._changed is None:
            from anyio import Event

            self._changed = Event()
        await self._changed.wait()
