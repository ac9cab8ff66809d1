"""The one body of a request, shared by every `Request` over the same scope and `receive`."""

from __future__ import annotations

from asterism.asgi_types import (
    CachedBody,
    ClientDisconnect,
    HTTPException,
    Message,
    Receive,
    Scope,
    ScopeRecord,
    scope_record,
)

STREAM_CONSUMED = (
    "Stream consumed: the body was already streamed and not kept; await request.body() before anything that streams it"
)


def find_body(record: ScopeRecord | None, receive: Receive) -> CachedBody | None:
    """Return what is known of the body that comes from `receive`, or None."""
    if record is not None:
        for body in reversed(record.get("bodies", ())):
            if body.is_from(receive):
                return body
    return None


def shared_body(scope: Scope, receive: Receive) -> CachedBody:
    """Return the body that comes from `receive`, entering it in the scope record where it is new."""
    record = scope_record(scope)
    bodies = record.get("bodies")
    if bodies is None:
        body = CachedBody(receive)
        record["bodies"] = [body]
        return body
    for body in reversed(bodies):
        if body.is_from(receive):
            return body
    body = CachedBody(receive)
    bodies.append(body)
    return body


def body_limit(scope: Scope, default: int | None) -> int | None:
    """Return the limit on this body, having refused a Content-Length that is over it."""
    limit = scope_record(scope).get("max_body_size", default)
    if limit is not None:
        check_declared_length(scope, limit)
    return limit


def content_too_large(limit: int) -> HTTPException:
    """Return the 413 for a body over `limit` bytes (RFC 9110 section 15.5.14)."""
    return HTTPException(413, f"The request body is larger than the {limit} bytes allowed.")


def check_declared_length(scope: Scope, limit: int) -> None:
    """Refuse a body whose Content-Length is over `limit`, before any of it is read.

    A Content-Length that is not ASCII digits says nothing here; the bytes received are counted
    anyway.
    """
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            if not value.isdigit():
                return
            # 19 digits hold any length there can be; int() of thousands of them is slow.
            if len(value) > 19 or int(value) > limit:
                raise content_too_large(limit)
            return


async def receive_piece(body: CachedBody, receive: Receive, limit: int | None) -> bytes:
    """Return the next piece of a body, counting it.

    Raises:
        ClientDisconnect: the client went away.
        HTTPException: 413, the pieces so far are over `limit`.
    """
    message: Message = body.unread.pop(0) if body.unread else await receive()
    if message["type"] != "http.request":
        body.disconnected = True
        raise ClientDisconnect("the client went away before the request body was complete")
    piece: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        body.complete = True
    body.received += len(piece)
    if limit is not None and body.received > limit:
        raise content_too_large(limit)
    return piece


class ReplayedBody:
    """A receive channel that gives messages that were already received, then whatever follows them."""

    __slots__ = ("__weakref__", "_messages", "_receive")

    def __init__(self, messages: list[Message], receive: Receive) -> None:
        self._messages = messages
        self._receive = receive

    async def __call__(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        return await self._receive()
