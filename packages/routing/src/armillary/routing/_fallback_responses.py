"""The responses of routing itself: 404, 405, slash redirects, automatic OPTIONS, close code 1000.

If the connection has exception handlers, an `HTTPException` is raised for them instead; else the
response is sent directly and nothing is raised.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from armillary.asgi_types import HTTPException, Receive, Scope, Send
from armillary.exchange import Rejection, has_registered_handlers, reject

NOT_FOUND = Rejection(404, "Not Found")


def allow_value(methods: Iterable[str]) -> str:
    """Return the value of `Allow` (RFC 9110 section 10.2.1)."""
    return ", ".join(sorted(methods))


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
    await reject(scope, send, NOT_FOUND)


class MethodNotAllowed:
    """The application that responds 405.

    Args:
        methods: the methods the path has.
    """

    __slots__ = ("allow", "rejection")

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = allow_value(methods)
        self.rejection = Rejection(405, "Method Not Allowed", [(b"allow", self.allow.encode("latin-1"))])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if has_registered_handlers(scope):
            raise HTTPException(405, headers={"Allow": self.allow})
        await reject(scope, send, self.rejection)


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
