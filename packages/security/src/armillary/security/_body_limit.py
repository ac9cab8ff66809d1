"""A limit on the bytes of a request's body, counted as they arrive."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from armillary.asgi_types import ASGIApp, HTTPException, Message, Receive, Scope, Send, scope_record

from ._plain_text_response import send_plain_text

DEFAULT_MAX_BODY_SIZE = 16 * 1024 * 1024


class BodyTooLarge(HTTPException):
    """The request's body is larger than its limit; raised from `receive`, it becomes a 413."""

    def __init__(self) -> None:
        super().__init__(413)


class RequestBodyLimitMiddleware:
    """Reject request bodies above a number of bytes with 413 "Content Too Large".

    A declared Content-Length above it is rejected before anything is read; without one, or with a
    wrong one, the bytes that arrive are counted. A limit set further in, by a route or another
    instance, replaces this one in both directions: it is applied when the body is read or the
    response starts.

    Args:
        app: the application to protect.
        max_body_size: bytes; 16 MiB by default, None for no limit.

    Raises:
        TypeError: a size that is not an integer.
        ValueError: a negative size.

    RFC 9110 section 15.5.14.
    """

    record_key: ClassVar[str] = "max_body_size"
    """The key of the scope record that holds the limit; requests apply the limit under this key themselves."""

    def __init__(self, app: ASGIApp, max_body_size: int | None = DEFAULT_MAX_BODY_SIZE) -> None:
        if not isinstance(max_body_size, int | None) or isinstance(max_body_size, bool):
            raise TypeError(f"max_body_size is a whole number of bytes or None, got {max_body_size!r}")
        if max_body_size is not None and max_body_size < 0:
            raise ValueError(f"max_body_size is a number of bytes, 0 or more, or None; got {max_body_size!r}")
        self.app = app
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        key = self.record_key
        record = cast("dict[str, Any]", scope_record(scope))
        outer = {key: record[key]} if key in record else {}
        record[key] = self.max_body_size
        exchange = BodyLimitExchange(scope, record, key, receive, send)
        try:
            await self.app(scope, exchange.receive, exchange.send)
        except BodyTooLarge:
            if exchange.started:
                raise
            await exchange.send_rejection()
        finally:
            record.pop(key, None)
            record.update(outer)


class BodyLimitExchange:
    """One request under the limit in force, which is the record's.

    An application that takes `BodyTooLarge` for its own error responds with 5xx; the client,
    whose fault it is, gets the 413 instead.
    """

    def __init__(self, scope: Scope, record: dict[str, Any], key: str, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.record = record
        self.key = key
        self.started = False
        self._rejected = False
        self._raised = False
        self._received = 0
        self._declared = declared_length(scope)
        self._receive = receive
        self._send = send

    def exceeds(self, size: int) -> bool:
        limit = self.record.get(self.key)
        return limit is not None and size > limit

    async def receive(self) -> Message:
        self.check(self._declared)
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self.check(self._received)
        return message

    def check(self, size: int) -> None:
        if self.exceeds(size):
            self._raised = True
            raise BodyTooLarge

    async def send(self, message: Message) -> None:
        if self._rejected:
            return
        if message["type"] == "http.response.start":
            if self.exceeds(self._declared) or (self._raised and message["status"] >= 500):
                await self.send_rejection()
                return
            self.started = True
        await self._send(message)

    async def send_rejection(self) -> None:
        """Send the 413, once."""
        if self._rejected:
            return
        self._rejected = True
        await send_plain_text(self.scope, self._send, 413, "Content Too Large")


def declared_length(scope: Scope) -> int:
    """Return the Content-Length, 0 if it is missing or not a number."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else 0
    return 0
