"""How much one connection may hold, and how long it may take."""

from __future__ import annotations


class WebSocketLimits:
    """The limits of one connection. None switches a limit off.

    Args:
        max_message_size: bytes (of UTF-8, for text) of one received message; a larger one
            closes with 1009.
        max_queued_messages: messages read ahead of the handler, inside `async with`; one more
            closes with 1008.
        max_queued_bytes: bytes read ahead of the handler; more closes with 1008.
        idle_timeout: seconds without a message from the peer, after which the connection closes
            with 1001. Protocol pings are the server's and do not count.
        send_timeout: seconds one send may wait for a slow peer, after which the connection
            closes with 1013; 30 by default, so that one stalled peer does not hold those who send to many.

    Raises:
        ValueError: a limit is zero or negative, or the queue could not hold one message.

    >>> WebSocketLimits(idle_timeout=60).max_message_size
    1048576
    """

    __slots__ = ("idle_timeout", "max_message_size", "max_queued_bytes", "max_queued_messages", "send_timeout")

    def __init__(
        self,
        *,
        max_message_size: int | None = 1024 * 1024,
        max_queued_messages: int | None = 1024,
        max_queued_bytes: int | None = 4 * 1024 * 1024,
        idle_timeout: float | None = None,
        send_timeout: float | None = 30.0,
    ) -> None:
        self.max_message_size: int | None = max_message_size
        self.max_queued_messages: int | None = max_queued_messages
        self.max_queued_bytes: int | None = max_queued_bytes
        self.idle_timeout: float | None = idle_timeout
        self.send_timeout: float | None = send_timeout
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"WebSocketLimits needs {name} above 0, or None for no limit, got {value!r}")
        if max_queued_bytes is not None and (max_message_size is None or max_message_size > max_queued_bytes):
            raise ValueError(
                f"WebSocketLimits needs max_queued_bytes ({max_queued_bytes}) to hold at least one message of "
                f"max_message_size ({max_message_size}); raise the first or lower the second"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


NO_LIMITS = WebSocketLimits(max_message_size=None, max_queued_messages=None, max_queued_bytes=None, send_timeout=None)
"""No limits at all."""


def message_size(payload: str | bytes, limit: int) -> int:
    """Return the size of `payload` in bytes, exact only if that decides about `limit`."""
    size = len(payload)
    if isinstance(payload, bytes) or size > limit or size * 4 <= limit or payload.isascii():
        return size
    return len(payload.encode("utf-8", "surrogatepass"))
