"""The responses of routing itself: 404, 405, slash redirects, automatic OPTIONS.

If the connection has exception handlers, an `HTTPException` is raised for them instead; else the
response is sent directly and nothing is raised. They keep the record (docs/scope-keys.md) by doing
nothing: they read no body, and fail before they send or in `send` itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import Any

from armillary.asgi_types import HTTPException, Receive, Scope, Send
from armillary.exchange import Rejection, has_registered_handlers, reject, send_whole

NOT_FOUND = Rejection(404, "Not Found", close_code=1000)


def allow_value(routes: Iterable[Any], *others: str) -> str:
    """Return the value of `Allow` (RFC 9110 section 10.2.1): the methods that routes name, and others."""
    methods = {method for route in routes for method in getattr(route, "methods", None) or ()}
    return ", ".join(sorted(methods.union(others)))


async def respond_not_found(scope: Scope, send: Send, raises: bool, as_text: bool) -> None:
    """Respond 404, or raise it.

    A WebSocket handshake gets a 404 too if the server can send one; with `as_text` it is closed with 1000.
    """
    if scope["type"] == "websocket":
        if not as_text:
            await reject(scope, send, NOT_FOUND)
            return
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
        return
    if raises:
        raise HTTPException(404)
    await reject(scope, send, NOT_FOUND, as_text=as_text)


def respond_method_not_allowed(
    scope: Scope, send: Send, allow: str, raises: bool, as_text: bool = False
) -> Awaitable[None]:
    """Respond 405, or raise it, with the value of `Allow` (RFC 9110 section 15.5.6)."""
    if raises:
        raise HTTPException(405, headers={"Allow": allow})
    rejection = Rejection(405, "Method Not Allowed", [(b"allow", allow.encode("latin-1"))])
    return reject(scope, send, rejection, as_text=as_text)


class MethodNotAllowed:
    """The application that responds 405.

    Args:
        allow: the value of `Allow`.
    """

    __slots__ = ("allow",)
    keeps_record = True

    def __init__(self, allow: str) -> None:
        self.allow = allow

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return respond_method_not_allowed(scope, send, self.allow, has_registered_handlers(scope))


class Options:
    """The application that responds to OPTIONS with the methods of a path.

    Args:
        allow: the value of `Allow`.
    """

    __slots__ = ("allow",)
    keeps_record = True

    def __init__(self, allow: str) -> None:
        self.allow = allow

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_whole(scope, send, 204, [(b"allow", self.allow.encode("latin-1"))])


class Redirect:
    """The application that responds 307 (RFC 9110 section 15.4.8).

    Args:
        location: a reference in ASCII, without a host.
    """

    __slots__ = ("location",)
    keeps_record = True

    def __init__(self, location: str) -> None:
        self.location = location

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return send_whole(scope, send, 307, [(b"content-length", b"0"), (b"location", self.location.encode("ascii"))])
