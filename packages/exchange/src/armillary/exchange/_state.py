"""What has happened on one exchange, known from the messages that passed on one `send`.

Rules
-----
1. A tracker belongs to one `send` as one layer sees it, never to the connection. A layer that withholds or
   rewrites messages has a tracker of its own: what it kept back has happened inside of it and not outside.
2. A tracker is fed each message before the message is passed on. A start counts as soon as it was given to the
   server: if the server then fails, there is still no second start.
3. A tracker decides nothing, changes no message and never raises. A message that the table has no row for, such
   as a body before the start, leaves the state as it is; `armillary.lint` is what complains.
4. `started` and `ended` are plain attributes, since every request asks for them.

Tables
------
A row says to which state a message leads. A body message ends the body only if it is the last one, and the body
ends the response only if no trailers were announced; the two exceptions are in `HTTPExchange.feed`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any, Final, Literal

from armillary.asgi_types import Message, Receive, Scope, Send

HTTPState = Literal["idle", "body", "trailers", "ended"]
WebSocketState = Literal["connecting", "open", "rejecting", "rejected", "closed"]

HTTP_TRANSITIONS: Final[Mapping[HTTPState, Mapping[str, HTTPState]]] = {
    "idle": {"http.response.start": "body"},
    "body": {
        "http.response.body": "ended",
        "http.response.zerocopysend": "ended",
        "http.response.pathsend": "ended",
    },
    "trailers": {"http.response.trailers": "ended"},
    "ended": {},
}
"""Where each message of an HTTP response leads, provided that it is the last of its kind."""

WEBSOCKET_TRANSITIONS: Final[Mapping[WebSocketState, Mapping[str, WebSocketState]]] = {
    "connecting": {
        "websocket.accept": "open",
        "websocket.close": "rejected",
        "websocket.http.response.start": "rejecting",
    },
    "open": {"websocket.close": "closed"},
    "rejecting": {"websocket.http.response.body": "rejected"},
    "rejected": {},
    "closed": {},
}
"""Where each message of an application leads on a WebSocket."""

CLOSED_ABNORMALLY: Final = 1006
"""The code for a connection that ended without a close frame (RFC 6455 section 7.4.1)."""


class HTTPExchange:
    """The state of one HTTP response.

    Args:
        send: where `send` passes each message on to, unchanged.

    Attributes:
        state: "idle", "body", "trailers" or "ended".
        started: whether the start was sent, so that no other response can be.
        ended: whether the last message was sent.
        status: the status that was sent; None before.
        expects_trailers: whether the start announced trailers.

    >>> exchange = HTTPExchange()
    >>> exchange.feed({"type": "http.response.start", "status": 200})
    >>> exchange.state, exchange.started, exchange.ended
    ('body', True, False)
    >>> exchange.feed({"type": "http.response.body", "body": b"hello"})
    >>> exchange.state, exchange.status
    ('ended', 200)
    """

    __slots__ = ("ended", "expects_trailers", "send_on", "started", "state", "status")

    def __init__(self, send: Send | None = None) -> None:
        self.send_on: Any = send
        self.state: HTTPState = "idle"
        self.started: bool = False
        self.ended: bool = False
        self.status: int | None = None
        self.expects_trailers: bool = False

    def send(self, message: Message) -> Awaitable[None]:
        """Feed a message and pass it on.

        Not a coroutine function: the awaitable of the inner `send` is handed through, without a frame of its own.
        """
        self.feed(message)
        send_on = self.send_on  # read by itself: as a method, an attribute of the instance takes longer to find
        return send_on(message)  # type: ignore[no-any-return]

    def feed(self, message: Message) -> None:
        """Take account of a message that is about to be sent."""
        state = HTTP_TRANSITIONS[self.state].get(message["type"])
        if state is None:
            return
        if state == "body":
            self.started = True
            self.status = message.get("status")
            if message.get("trailers"):
                self.expects_trailers = True
        elif message.get("more_body") or message.get("more_trailers"):
            return
        elif self.expects_trailers and self.state == "body":
            state = "trailers"
        else:
            self.ended = True
        self.state = state


class WebSocketExchange:
    """The state of one WebSocket: its handshake, and whether it is open.

    Args:
        send: where `send` passes each message on to, unchanged.
        receive: where `receive` gets messages from, for a layer that also follows what the peer does.

    Attributes:
        state: "connecting", "open", "rejecting", "rejected" or "closed".
        started: whether the handshake was responded to.
        ended: whether the WebSocket was rejected or closed, by either side.
        open: whether it was accepted and not closed.
        status: 101 once accepted, the status of a rejection once rejected; None before.
        close_code: the code the application or the peer closed with; None before.

    >>> exchange = WebSocketExchange()
    >>> exchange.feed({"type": "websocket.close", "code": 1008})
    >>> exchange.state, exchange.status, exchange.open
    ('rejected', 403, False)
    """

    __slots__ = ("close_code", "ended", "open", "receive_from", "send_on", "started", "state", "status")

    def __init__(self, send: Send | None = None, receive: Receive | None = None) -> None:
        self.send_on: Any = send
        self.receive_from: Any = receive
        self.state: WebSocketState = "connecting"
        self.started: bool = False
        self.ended: bool = False
        self.open: bool = False
        self.status: int | None = None
        self.close_code: int | None = None

    def send(self, message: Message) -> Awaitable[None]:
        """Feed a message and pass it on; as of `HTTPExchange.send`."""
        self.feed(message)
        return self.send_on(message)  # type: ignore[no-any-return]

    async def receive(self) -> Message:
        """Receive a message and take account of a disconnect."""
        message: Message = await self.receive_from()
        if message["type"] == "websocket.disconnect" and not self.ended:
            self.close_code = message.get("code", 1005)
            self.ended = True
            self.open = False
            self.state = "closed"
        return message

    def feed(self, message: Message) -> None:
        """Take account of a message that is about to be sent."""
        kind = message["type"]
        if kind == "websocket.send":  # by far the most frequent, and it changes nothing
            return
        state = WEBSOCKET_TRANSITIONS[self.state].get(kind)
        if state is None or (state == "rejected" and message.get("more_body")):
            return
        self.started = True
        self.open = state == "open"
        if state == "open":
            self.status = 101
        elif state == "rejecting":
            self.status = message.get("status")
        elif state == "rejected":
            self.ended = True
            if self.status is None:  # closed before it was accepted, which servers send as a 403
                self.status = 403
        else:
            self.ended = True
            self.close_code = message.get("code", 1000)
        self.state = state


def track(scope: Scope, send: Send) -> Send:
    """Return a `send` with a tracker, which `exchange_of` finds.

    It is `send` itself if it has one that saw no message yet: with nothing between two layers, what the inner one sends
    is what the outer one sees, and both share the tracker.

    Args:
        scope: of type "http" or "websocket".
        send: where messages are passed on to.
    """
    known: Any = getattr(send, "__self__", None)
    if type(known) in _TRACKERS and not known.started:
        return send
    return HTTPExchange(send).send if scope["type"] == "http" else WebSocketExchange(send).send


def exchange_of(send: Send) -> HTTPExchange | WebSocketExchange | None:
    """Return the tracker behind a `send` that `track` returned, None for any other."""
    owner: Any = getattr(send, "__self__", None)
    return owner if type(owner) in _TRACKERS else None


_TRACKERS: Final = frozenset((HTTPExchange, WebSocketExchange))
