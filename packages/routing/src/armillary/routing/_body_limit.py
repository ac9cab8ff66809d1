"""A limit on the request body of one route or of everything below a mount.

The limit in force is `scope["armillary"]["max_body_size"]`: a nested one replaces an outer one,
larger or smaller. Requests of `armillary.http` read it there. For other applications the bytes
are counted as they are received.
"""

from __future__ import annotations

from collections.abc import Awaitable
from types import EllipsisType

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, scope_record
from armillary.exchange import (
    BodyTooLarge,
    CountedReceive,
    check_body_limit,
    has_registered_handlers,
    has_response_started,
    reject,
    rejection_of,
    track,
)

Limit = int | None | EllipsisType
"""Bytes, None for no limit, `...` to inherit."""


def limited(app: ASGIApp, limit: Limit, *, counts: bool) -> ASGIApp:
    """Return `app` under a limit.

    Args:
        app: the application.
        limit: bytes, None for no limit; `...` returns `app` as it is.
        counts: count what is received; if False, the application is known to obey the record.
    """
    if isinstance(limit, EllipsisType):
        return app
    check_body_limit(limit)
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
        counted = CountedReceive(scope, receive, None)
        tracked_send = track(scope, send)
        try:
            await self.app(scope, counted, tracked_send)
        except BodyTooLarge as exc:
            is_handled_outside = "app" in scope or has_registered_handlers(scope)
            if exc is not counted.rejection or is_handled_outside or has_response_started(scope, tracked_send):
                raise
            await reject(scope, send, rejection_of(exc))
