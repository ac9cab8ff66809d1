"""The body of a request, shared by every `Request` with the same scope and `receive`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from armillary.asgi_types import (
    CachedBody,
    ClientDisconnect,
    HTTPException,
    Message,
    Receive,
    Scope,
    ScopeRecord,
    scope_record,
)
from armillary.concurrency import wait_at_most
from armillary.exchange import BodyTooLarge, CountedReceive, check_declared_length

if TYPE_CHECKING:
    from anyio import Event

STREAM_CONSUMED = (
    "Stream consumed: the body was already streamed and not kept; await request.body() before anything that streams it"
)

READ_BY_RECEIVE = (
    "The body was already read by an application that awaits receive() itself, and not kept; read it by "
    "await Request(scope, receive).body() there, and pass on request.receive"
)

DISCONNECTED_BEFORE_END = "the client disconnected before the request body was complete"


def find_body(record: ScopeRecord | None, receive: Receive) -> CachedBody | None:
    """Return the record of the body that comes from `receive`, or None."""
    if record is not None:
        for body in reversed(record.get("bodies", ())):
            if body.is_from(receive):
                return body
    return None


def receive_of(body: CachedBody, receive: Receive) -> Receive:
    """Return what receives for the readers of a body: `receive`, or what has looked ahead on it."""
    return receive if body.look_ahead is None else body.look_ahead.receive


def shared_body(scope: Scope, receive: Receive) -> CachedBody:
    """Return the body that comes from `receive`, adding it to the scope record if it is new."""
    record = scope_record(scope)
    body = find_body(record, receive)
    if body is None:
        body = CachedBody(receive)
        record.setdefault("bodies", []).append(body)
    return body


def open_body(
    scope: Scope, receive: Receive, default_limit: int | None, continuing: bool, checked_limit: int | None = None
) -> tuple[CachedBody, int | None]:
    """Return the body to read and the limit on it.

    Args:
        scope, receive: the connection.
        default_limit: bytes allowed if the scope record has no limit.
        continuing: whether the caller is already streaming the body.
        checked_limit: a limit that the Content-Length is known to keep; None if it is not known.

    Raises:
        BodyTooLarge: the Content-Length or the bytes received so far are over the limit.
        ClientDisconnect: the client has disconnected.
        RuntimeError: the body was streamed by another reader, or read by an application that is none.
    """
    record = scope_record(scope)
    limit = record.get("max_body_size", default_limit)
    if limit is not None and (checked_limit is None or limit < checked_limit):
        check_declared_length(scope, limit)
    bodies = record.setdefault("bodies", [])
    body = find_body(record, receive) if bodies else None
    if body is None:
        if isinstance(receive, CountedReceive) and receive.was_read:
            raise RuntimeError(READ_BY_RECEIVE)
        body = CachedBody(receive)
        bodies.append(body)
        return body, limit
    if limit is not None and body.received > limit:
        raise BodyTooLarge(limit)
    if body.body is None:
        if body.disconnected and not len(body.unread):  # what a look for the disconnect has kept is read first
            raise ClientDisconnect(DISCONNECTED_BEFORE_END)
        if body.streaming and not continuing:
            raise RuntimeError(STREAM_CONSUMED)
    return body, limit


class BodyTimeout(HTTPException):
    """The next piece of a request body did not come in time: 408, and the connection is closed (RFC 9110 15.5.9).

    Args:
        seconds: how long it was waited for.

    >>> BodyTimeout(30).status_code
    408
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            408, f"The request body stopped arriving for {seconds:g} seconds.", headers={"Connection": "close"}
        )
        self.seconds = seconds

    def __reduce__(self) -> tuple[type[BodyTimeout], tuple[float]]:
        return type(self), (self.seconds,)


async def receive_piece(body: CachedBody, receive: Receive, limit: int | None, idle: float | None) -> bytes:
    """Return the next piece of a body, counting it.

    Args:
        body, receive: the body and its channel.
        limit: bytes allowed; None for no limit.
        idle: seconds to wait for the piece at most; None for no limit.

    Raises:
        ClientDisconnect: the client disconnected.
        BodyTooLarge: the pieces so far are over `limit`.
        BodyTimeout: no piece came in time.
    """
    try:
        while body.unread:
            watch = body.unread
            if not isinstance(watch, BodyWatch):
                message, *body.unread = watch
                return _take_piece(body, message, limit)
            if len(watch):
                return _take_piece(body, watch.take(), limit)
            waiting = watch.wait_for_message()
            await (waiting if idle is None else wait_at_most(idle, waiting))
        if body.disconnected:
            raise ClientDisconnect(DISCONNECTED_BEFORE_END)
        body.receiving = True
        receive = receive_of(body, receive)
        try:
            message = await (receive() if idle is None else wait_at_most(idle, receive()))
        finally:
            body.receiving = False
    except TimeoutError:
        if idle is None:
            raise
        raise BodyTimeout(idle) from None
    return _take_piece(body, message, limit)


def _take_piece(body: CachedBody, message: Message, limit: int | None) -> bytes:
    if message["type"] != "http.request":
        body.disconnected = True
        raise ClientDisconnect(DISCONNECTED_BEFORE_END)
    piece: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        body.complete = True
    body.received += len(piece)
    if limit is not None and body.received > limit:
        raise BodyTooLarge(limit)
    return piece


class BodyWatch(list[Message]):
    """The messages of a body that is not being read now, while a task waits for a disconnect.

    It is kept in `CachedBody.unread`, and is true even while empty, so that a reader takes its
    messages from here and does not await `receive` at the same time: of two tasks that do, either
    may get the next message.

    Attributes:
        has_reader: whether the body is being read again; the watch then ends with the message it waits for.
    """

    has_reader = False
    _arrival: Event | None = None

    def __bool__(self) -> bool:
        return True

    def take(self) -> Message:
        """Return the oldest message, for the reader."""
        self.has_reader = True
        return self.pop(0)

    async def wait_for_message(self) -> None:
        """Wait until there is a message, or until the watch has ended."""
        from anyio import Event

        self.has_reader = True
        self._arrival = Event()
        await self._arrival.wait()

    def add(self, message: Message) -> None:
        """Keep a message that was received."""
        self.append(message)
        self._notify()

    def end(self, body: CachedBody, kept: bool = True) -> None:
        """Leave `receive` to the reader of the body, with the messages received so far if `kept`."""
        if kept:
            body.unread = tuple(self)
        else:
            body.unread = ()
            body.streaming = body.complete = True
        self._notify()

    def _notify(self) -> None:
        if self._arrival is not None:
            self._arrival.set()


class ReplayedBody:
    """A receive channel that replays messages already received, then passes on those that follow."""

    __slots__ = ("__weakref__", "_messages", "_receive")

    def __init__(self, messages: list[Message], receive: Receive) -> None:
        self._messages = messages
        self._receive = receive

    async def __call__(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        return await self._receive()
