"""Both channels of a request, for a layer that responds if what is inside of it fails."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from armillary.asgi_types import Message, Receive, Scope, Send

from ._body_limit import CountedReceive


class TrackedRequest(CountedReceive):
    """The channels of a request whose application neither limits its body nor records that its response has started.

    It is the `receive` itself, and has the `send`, which `has_response_started` knows. One object for both, and no more
    than that, since every request below middleware has one; `track` follows all of a response.

    Args:
        scope, receive, send: the connection.
        default: the limit in bytes if the scope record names none; None for no limit.

    Attributes:
        started: whether the start was sent, so that no other response can be.
    """

    __slots__ = ("send_on", "started")

    def __init__(self, scope: Scope, receive: Receive, send: Send, default: int | None) -> None:
        self.scope = scope
        self.receive = receive
        self.default = default
        self.key = "max_body_size"
        self.received = 0
        self.rejection = None
        self.was_read = False
        self.send_on: Any = send
        self.started: bool = False

    def send(self, message: Message) -> Awaitable[None]:
        """Take account of a message and pass it on; as of `HTTPExchange.send`."""
        if message["type"] == "http.response.start":
            self.started = True
        send_on = self.send_on  # read by itself: as a method, an attribute of the instance takes longer to find
        return send_on(message)  # type: ignore[no-any-return]
