"""The application's limit on request bodies, for endpoints that read `receive` themselves.

`armillary.http.Request` obeys `scope["armillary"]["max_body_size"]` and, without it, its own
default. A raw ASGI endpoint knows neither, so what it receives is counted for it.
"""

from __future__ import annotations

from armillary.asgi_types import (
    ASGIApp,
    HTTPException,
    Message,
    Receive,
    Scope,
    Send,
    has_response_started,
    scope_record,
)

DEFAULT_LIMIT = 16 * 1024 * 1024
"""Bytes; the same as `armillary.http.Request.max_body_size`."""


class BodyTooLarge(HTTPException):
    """A request body passed the limit: 413, and the connection is closed (RFC 9110 section 15.5.14).

    Args:
        limit: bytes.
    """

    def __init__(self, limit: int) -> None:
        detail = f"The request body is larger than the {limit} bytes allowed."
        super().__init__(413, detail, headers={"Connection": "close"})


def checked_limit(limit: object) -> int | None:
    """Return a limit; raise for what is not a number of bytes.

    Raises:
        TypeError: for anything but an int or None.
        ValueError: for a negative one.
    """
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise TypeError(f"max_body_size is a number of bytes or None for no limit, got {limit!r}")
    if limit < 0:
        raise ValueError(f"max_body_size must not be negative, got {limit!r}; None means no limit")
    return limit


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return int(value)
    return 0


def counted_receive(scope: Scope, receive: Receive, limit: int | None) -> Receive:
    """Return a `receive` that raises `BodyTooLarge` as soon as the body passes the limit.

    Args:
        scope: an http scope. The limit in its record, if there is one, goes before `limit`, and
            is read at each message, since a mount or a route below may set its own.
        receive: the server's channel.
        limit: bytes; None for no limit.
    """
    received = -1

    async def receive_counted() -> Message:
        nonlocal received
        if received < 0:
            received = 0
            _check(_declared_length(scope), scope, limit)
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            _check(received, scope, limit)
        return message

    return receive_counted


def _check(length: int, scope: Scope, limit: int | None) -> None:
    in_force = scope_record(scope).get("max_body_size", limit)
    if in_force is not None and length > in_force:
        raise BodyTooLarge(in_force)


class BodyLimit:
    """An application behind a limit on request bodies.

    Args:
        app: the application.
        limit: bytes; None for no limit.
        explicit: whether it replaces the limit of an outer application.
    """

    def __init__(self, app: ASGIApp, limit: int | None, explicit: bool) -> None:
        self.app = app
        self.limit = limit
        self.explicit = explicit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; respond 413 if it raises `BodyTooLarge`."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        receive = self.counted(scope, receive)
        try:
            await self.app(scope, receive, send)
        except BodyTooLarge as exc:
            if not await self.handle_too_large(exc, scope, send):
                raise

    def counted(self, scope: Scope, receive: Receive) -> Receive:
        """Put the limit in force for a request, and return the `receive` that keeps to it."""
        if self.explicit:
            scope_record(scope)["max_body_size"] = self.limit
        return counted_receive(scope, receive, self.limit)

    async def handle_too_large(self, exc: BodyTooLarge, scope: Scope, send: Send) -> bool:
        """Respond 413; return False if the response has begun."""
        if has_response_started(scope, send):
            return False
        from armillary.http import send_http_exception

        await send_http_exception(exc, send, scope["method"])
        return True
