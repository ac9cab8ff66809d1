"""The answers routing gives itself: 404, 405, slash redirects, automatic OPTIONS, 1000.

Where exception handlers are in charge of the connection an `HTTPException` is raised for them
instead; else the answer is sent as it stands, nothing being raised on the way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable

from armillary.asgi_types import RECORD_KEY, HTTPException, Receive, Scope, Send

_PLAIN = (b"content-type", b"text/plain; charset=utf-8")


def handlers_in_charge(scope: Scope) -> bool:
    """Tell whether someone above renders exceptions by handlers of their own."""
    record = scope.get(RECORD_KEY)
    return record is not None and bool(record.get("exception_handlers"))


def allow_value(methods: Iterable[str]) -> str:
    """Return the value of `Allow` (RFC 9110 section 10.2.1)."""
    return ", ".join(sorted(methods))


async def send_text(
    scope: Scope, send: Send, status: int, text: bytes, headers: Iterable[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole plain-text response; the body stays away from HEAD requests."""
    length = b"%d" % len(text)
    fields = [(b"content-length", length), _PLAIN, *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if scope.get("method") == "HEAD" else text})


async def send_empty(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Send a response without a body."""
    fields = list(headers) if status == 204 else [(b"content-length", b"0"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b""})


async def send_not_found(scope: Scope, send: Send) -> None:
    """Answer 404; refuse a WebSocket handshake with close code 1000."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    await send_text(scope, send, 404, b"Not Found")


class MethodNotAllowed:
    """The application that answers 405.

    Args:
        methods: the methods the path has.
    """

    __slots__ = ("allow",)

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = allow_value(methods)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if handlers_in_charge(scope):
            raise HTTPException(405, headers={"Allow": self.allow})
        await self.answer(scope, send)

    async def answer(self, scope: Scope, send: Send) -> None:
        """Send the 405 itself."""
        await send_text(scope, send, 405, b"Method Not Allowed", [(b"allow", self.allow.encode("latin-1"))])


class Options:
    """The application that answers OPTIONS with the methods of a path.

    Args:
        methods: the methods the path has, OPTIONS apart.
    """

    __slots__ = ("allow",)

    def __init__(self, methods: Iterable[str]) -> None:
        self.allow = allow_value({*methods, "OPTIONS"})

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_empty(send, 204, [(b"allow", self.allow.encode("latin-1"))])


class Redirect:
    """The application that answers 307 (RFC 9110 section 15.4.8).

    Args:
        location: a reference in ASCII, without a host.
    """

    __slots__ = ("location",)

    def __init__(self, location: str) -> None:
        self.location = location

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_empty(send, 307, [(b"location", self.location.encode("ascii"))])
