"""A limit on the request body of one route or of everything below a mount.

The limit in force is `scope["armillary"]["max_body_size"]`: a nested one replaces an outer one,
larger or smaller. Requests of `armillary.http` read it there. For other applications the bytes
are counted as they are received.
"""

from __future__ import annotations

from collections.abc import Awaitable
from types import EllipsisType

from armillary.asgi_types import (
    ASGIApp,
    HTTPException,
    Message,
    Receive,
    Scope,
    Send,
    has_response_started,
    scope_record,
    track_start,
)

from ._fallback_responses import has_exception_handlers, send_text

Limit = int | None | EllipsisType
"""Bytes, None for no limit, `...` to inherit."""


def check_limit(limit: object) -> None:
    """Reject what is not a number of bytes."""
    if limit is None or limit is ...:
        return
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise ValueError(f"max_body_size is a number of bytes, None for no limit or ... to inherit, got {limit!r}")


def limited(app: ASGIApp, limit: Limit, *, counts: bool) -> ASGIApp:
    """Return `app` under a limit.

    Args:
        app: the application.
        limit: bytes, None for no limit; `...` returns `app` as it is.
        counts: count what is received; if False, the application is known to obey the record.
    """
    check_limit(limit)
    if limit is ...:
        return app
    return CountedBody(app, limit) if counts else RecordedLimit(app, limit)


class RecordedLimit:
    """The application with a limit that it reads from the record itself."""

    __slots__ = ("app", "max_body_size")

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = app
        self.max_body_size = max_body_size

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        scope_record(scope)["max_body_size"] = self.max_body_size
        return self.app(scope, receive, send)


class CountedBody:
    """The application behind a `receive` that raises 413 once the limit is passed."""

    __slots__ = ("app", "max_body_size")

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = app
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope_record(scope)["max_body_size"] = self.max_body_size
        if scope["type"] != "http" or self.max_body_size is None:
            await self.app(scope, receive, send)
            return
        counted = _CountedReceive(scope, receive)
        tracking_send = track_start(send)
        try:
            await self.app(scope, counted, tracking_send)
        except HTTPException as exc:
            others = "app" in scope or has_exception_handlers(scope)
            if exc is not counted.rejection or others or has_response_started(scope, tracking_send):
                raise
            await send_text(scope, send, 413, exc.detail.encode(), [(b"connection", b"close")])


class _CountedReceive:
    __slots__ = ("receive", "received", "rejection", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.received = 0
        self.rejection: HTTPException | None = None

    async def __call__(self) -> Message:
        if self.received == 0:
            self._check(_declared_length(self.scope))
        message = await self.receive()
        if message["type"] == "http.request":
            self.received += len(message.get("body", b""))
            self._check(self.received)
        return message

    def _check(self, length: int) -> None:
        # Read each time: a route below may have put its own limit in force.
        limit = scope_record(self.scope).get("max_body_size")
        if limit is not None and length > limit:
            sentence = f"The request body is larger than the {limit} bytes allowed."
            self.rejection = HTTPException(413, sentence, headers={"Connection": "close"})
            raise self.rejection


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0
