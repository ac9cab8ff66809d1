"""The one body of a request, shared by every `Request` over the same scope and `receive`."""

from __future__ import annotations

from asterism.asgi_types import CachedBody, HTTPException, Message, Receive, Scope, ScopeRecord, scope_record

_DIGITS = frozenset(b"0123456789")


def find_body(record: ScopeRecord, receive: Receive) -> CachedBody | None:
    """Return what is known of the body that comes from `receive`, or None."""
    for body in reversed(record.get("bodies", ())):
        if body.is_from(receive):
            return body
    return None


def shared_body(scope: Scope, receive: Receive) -> CachedBody:
    """Return the body that comes from `receive`, entering it in the scope record where it is new."""
    record = scope_record(scope)
    found = find_body(record, receive)
    if found is None:
        found = CachedBody(receive)
        record.setdefault("bodies", []).append(found)
    return found


def content_too_large(limit: int) -> HTTPException:
    """Return the 413 for a body over `limit` bytes (RFC 9110 section 15.5.14)."""
    return HTTPException(413, f"The request body is larger than the {limit} bytes allowed.")


def check_declared_length(scope: Scope, limit: int) -> None:
    """Refuse a body whose Content-Length is over `limit`, before any of it is read.

    A Content-Length that is not digits says nothing here; the bytes received are counted anyway.
    """
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            # 19 digits hold every length there can be; more would make int() slow, not the body small.
            if len(value) > 19 or (_DIGITS.issuperset(value) and value and int(value) > limit):
                raise content_too_large(limit)
            return


class ReplayedBody:
    """A receive channel that gives a body that was already read, then whatever follows it."""

    __slots__ = ("_messages", "_receive")

    def __init__(self, messages: list[Message], receive: Receive) -> None:
        self._messages = messages
        self._receive = receive

    async def __call__(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        return await self._receive()
