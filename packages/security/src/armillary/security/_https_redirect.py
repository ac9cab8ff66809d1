"""Redirect plain requests to https."""

from __future__ import annotations

from typing import ClassVar

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import URL, requested_host
from armillary.exchange import Rejection, reject

SECURE_SCHEMES = {"http": "https", "ws": "wss"}


class HTTPSRedirectMiddleware:
    """Redirect `http` to `https` and `ws` to `wss` with 307, keeping path and query.

    The default ports 80 and 443 are dropped from the address, any other is kept. A request whose
    Host header is missing, repeated or malformed gets 400 "Invalid host header".

    Args:
        app: the application that secure requests reach.

    RFC 9110 section 15.4.8.
    """

    names_server: ClassVar[bool] = False
    """Redirect such a request to the server's own address, if it says one; that may be one of an inner network."""

    errors_as_text: ClassVar[bool] = False
    """Send the 400 as plain text whatever the client prefers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secure_scheme = SECURE_SCHEMES.get(scope.get("scheme", "")) if scope["type"] in ("http", "websocket") else None
        if secure_scheme is None:
            await self.app(scope, receive, send)
            return
        asked = requested_host(scope["headers"])
        address: tuple[str, int | None] | None = asked
        if asked is None or not asked.has_usable_port:
            address = server_host(scope) if self.names_server else None
        if address is None:
            await reject(scope, send, Rejection(400, "Invalid host header"), as_text=self.errors_as_text)
            return
        host, port = address
        netloc = host if port in (None, 80, 443) else f"{host}:{port}"
        location = str(URL(scope=scope).replace(scheme=secure_scheme, netloc=netloc))
        await reject(scope, send, Rejection(307, "", [(b"location", location.encode("ascii"))]))


def server_host(scope: Scope) -> tuple[str, int | None] | None:
    """Return the server's own host and port, None if it does not say them."""
    if not scope.get("server"):
        return None
    host, port = scope["server"]
    return f"[{host}]" if ":" in host and not host.startswith("[") else host, port
