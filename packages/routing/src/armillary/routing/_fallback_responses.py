"""The responses of routing itself: 404, 405, slash redirects, automatic OPTIONS, close code 1000.

If the connection has exception handlers, an `HTTPException` is raised for them instead; else the
response is sent directly and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from armillary.asgi_types import RECORD_KEY, HTTPException, Receive, Scope, Send

_PLAIN_TEXT = (b"content-type", b"text/plain; charset=utf-8")


def has_exception_handlers(scope: Scope) -> bool:
    """Return whether an application above has registered exception handlers."""
    record = scope.get(RECORD_KEY)
    return record is not None and bool(record.get("exception_handlers"))


def allow_value(methods: Iterable[str]) -> str:
    """Return the value of `Allow` (RFC 9110 section 10.2.1)."""
    return ", ".join(sorted(methods))


async def send_text(
    scope: Scope, send: Send, status: int, text: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole plain-text response, without the body for HEAD requests."""
    length = b"%d" % len(text)
    fields = [(b"content-length", length), _PLAIN_TEXT, *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else text})


async def send_empty(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a response without a body."""
    fields = list(headers) if status == 204 else [(b"content-length", b"0"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b""})


async def send_not_found(scope: Scope, send: Send) -> None:
    """Respond 404; reject a WebSocket handshake with close code 1000."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    await send_text(scope, send, 404, b"Not Found")


class MethodNotAllowed:
    """The application that responds 405.

    Args:
        methods: the methods the path has.
    """

    __slots__ = ("allow",)

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = allow_value(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if has_exception_handlers(scope):
            raise HTTPException(405, headers={"Allow": self.allow})
        await self.send_response(scope, send)

    async def send_response(self, scope: Scope, send: Send) -> None:
        """Send the 405 itself."""
        await send_text(scope, send, 405, b"Method Not Allowed", [(b"allow", self.allow.encode("latin-1"))])


class Options:
    """The application that responds to OPTIONS with the methods of a path.

    Args:
        methods: the methods the path has, without OPTIONS.
    """

    __slots__ = ("allow",)

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = allow_value({*methods, "OPTIONS"})

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_empty(send, 204, [(b"allow", self.allow.encode("latin-1"))])


class Redirect:
    """The application that responds 307 (RFC 9110 section 15.4.8).

    Args:
        location: a reference in ASCII, without a host.
    """

    __slots__ = ("location",)

    def __init__(self, location: str) -> None:
        self.location = location

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_empty(send, 307, [(b"location", self.location.encode("ascii"))])
