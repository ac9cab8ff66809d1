"""A limit on the bytes of a request body as a middleware, counted as they arrive."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, scope_record
from armillary.exchange import (
    DEFAULT_MAX_BODY_SIZE,
    BodyTooLarge,
    CountedReceive,
    check_body_limit,
    declared_length,
    reject,
    rejection_of,
)


class RequestBodyLimitMiddleware:
    """Reject request bodies above a number of bytes with 413 "Content Too Large".

    A declared Content-Length is rejected before anything is read; without one, or with a wrong one, the bytes
    received are counted. A limit set further in, by a route or another instance, replaces this one in both
    directions: it is decided when the body is read or the response starts.

    Args:
        app: the application to protect.
        max_body_size: bytes; 16 MiB by default, None for no limit.

    Raises:
        TypeError: a size that is no whole number.
        ValueError: a negative size.

    RFC 9110 section 15.5.14.
    """

    record_key: ClassVar[str] = "max_body_size"
    """The key of the scope record that holds the limit; under this one requests apply it themselves, too."""

    receive_class: ClassVar[type[CountedReceive]] = CountedReceive

    errors_as_text: ClassVar[bool] = False
    """Send the 413 as plain text whatever the client prefers."""

    def __init__(self, app: ASGIApp, max_body_size: int | None = DEFAULT_MAX_BODY_SIZE) -> None:
        self.app = app
        self.max_body_size: int | None = check_body_limit(max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        key = self.record_key
        record = cast("dict[str, Any]", scope_record(scope))
        outer = {key: record[key]} if key in record else {}
        record[key] = self.max_body_size
        counted = self.receive_class(scope, receive, None, key)
        limited = _LimitedSend(scope, counted, send, self.errors_as_text)
        try:
            await self.app(scope, counted, limited.send)
        except BodyTooLarge as exc:
            if limited.started:
                raise
            await limited.reject(exc)
        finally:
            record.pop(key, None)
            record.update(outer)


class _LimitedSend:
    """The responses of an application to a request whose body may be too large.

    An application that treats the exception of `receive` as an error of its own responds 5xx; the client, whose fault
    it is, gets the 413 instead. One that does not read the body gets as far as its response: then the declared length
    decides.
    """

    def __init__(self, scope: Scope, counted: CountedReceive, send: Send, as_text: bool) -> None:
        self._as_text = as_text
        self.scope = scope
        self.counted = counted
        self.started = False
        self._rejected = False
        self._declared = declared_length(scope)
        self._send = send

    async def send(self, message: Message) -> None:
        if self._rejected:
            return
        if message["type"] == "http.response.start" and not self.started:
            limit = self.counted.limit
            if limit is not None and self._declared > limit:
                await self.reject(self.counted.error_class(limit))
                return
            if self.counted.rejection is not None and message["status"] >= 500:
                await self.reject(self.counted.rejection)
                return
            self.started = True
        await self._send(message)

    async def reject(self, exc: BodyTooLarge) -> None:
        """Send the 413, once."""
        if not self._rejected:
            self._rejected = True
            await reject(self.scope, self._send, rejection_of(exc), as_text=self._as_text)
