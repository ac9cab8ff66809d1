"""How far a request body has been read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from ._application import Message, Receive


class CachedBody:
    """How far the request body that comes from one `receive` has been read.

    It holds only for that same callable: a middleware that wraps `receive` to change the body
    is therefore never bypassed. The callable is held weakly, since it usually refers back to the
    scope and the two would keep each other, and the body, alive.

    Args:
        receive: the channel the body comes from.
        body: the whole body, once read; None before, and for a body that was streamed.

    Attributes:
        body: as above.
        complete: whether the last part of the body has arrived.
        disconnected: whether a disconnect was received.
        form: the form parsed from the body, once parsed.
        look_ahead: what has looked for a disconnect, and receives for every reader from then on; None before that.
        received: the bytes received so far.
        receiving: whether a reader awaits the channel right now.
        streaming: whether parts of the body were handed out without being kept.
        unread: messages received while looking for a disconnect, oldest first.

    >>> async def receive(): ...
    >>> CachedBody(receive, b"x").is_from(receive)
    True
    """

    def __init__(self, receive: Receive, body: bytes | None = None) -> None:
        self._receive: Callable[[], Receive | None]
        try:
            self._receive = ref(receive)
        except TypeError:
            self._receive = lambda: receive
        self.body = body
        self.complete: bool = body is not None
        self.disconnected = False
        self.form: Any = None
        self.look_ahead: Any = None
        self.received: int = 0 if body is None else len(body)
        self.receiving = False
        self.streaming = False
        self.unread: Sequence[Message] = ()

    def is_from(self, receive: Receive) -> bool:
        """Return whether `receive` is the very channel this body comes from."""
        return self._receive() is receive
