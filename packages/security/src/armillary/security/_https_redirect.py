"""Redirect plain requests to https."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.datastructures import MAX_PORT, URL, parse_host
from armillary.exchange import Rejection, reject

SECURE_SCHEMES = {"http": "https", "ws": "wss"}


class HTTPSRedirectMiddleware:
    """Redirect `http` to `https` and `ws` to `wss` with 307, keeping path and query.

    The default ports 80 and 443 are dropped from the address, any other is kept. A request whose
    host is malformed, on a server that does not say its own, gets 400 "Invalid host header".

    Args:
        app: the application that secure requests reach.

    RFC 9110 section 15.4.8.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        secure_scheme = SECURE_SCHEMES.get(scope.get("scheme", "")) if scope["type"] in ("http", "websocket") else None
        if secure_scheme is None:
            await self.app(scope, receive, send)
            return
        host = secure_host(scope)
        if host is None:
            await reject(scope, send, Rejection(400, "Invalid host header"))
            return
        location = str(URL(scope=scope).replace(scheme=secure_scheme, netloc=host))
        await reject(scope, send, Rejection(307, "", [(b"location", location.encode("ascii"))]))


def secure_host(scope: Scope) -> str | None:
    """Return host and port of the secure address: the Host header's if it is well-formed and
    the only one, else the server's own; None if there is neither."""
    values = [value for name, value in scope["headers"] if name == b"host"]
    parsed = parse_host(values[0].decode("latin-1")) if len(values) == 1 else None
    if parsed is not None and (parsed.port is None or parsed.port <= MAX_PORT):
        host, port = parsed.host, parsed.port
    elif scope.get("server"):
        host, port = scope["server"]
        host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    else:
        return None
    return host if port in (None, 80, 443) else f"{host}:{port}"
