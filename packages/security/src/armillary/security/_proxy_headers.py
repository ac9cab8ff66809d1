"""The client's address and scheme behind a proxy."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, scope_record
from armillary.datastructures import Headers

from ._proxy_policy import Convention, ForwardedClient, ProxyPolicy

logger = logging.getLogger("armillary.security")

SECURE_WEBSOCKET = {"http": "ws", "https": "wss"}


class ProxyHeadersMiddleware:
    """Take client address and scheme from the headers of a trusted proxy.

    The application finds them in `scope["client"]` (with port 0, as the client's is not known; None
    if the proxy hides the client or its address cannot be read) and `scope["scheme"]`. Headers of a
    peer that is not trusted change nothing. The server must not read the same headers itself: run
    uvicorn with `--no-proxy-headers`, or the proxy can no longer be recognised, which is logged once.

    Args:
        app: the application behind the proxy.
        trusted: addresses and networks of your proxies; by default the loopback addresses. A peer
            on a Unix socket has none: `["*"]` trusts every peer. Name every proxy in a row.
        convention: "x-forwarded" (default: X-Forwarded-For, -Proto, -Host) or "forwarded"
            (RFC 7239). Only one is read, as a client can forge the other.
        trust_host: with True the Host header becomes the one the proxy reports; False by default. For the
            origin of a WebSocket, the host that a trusted proxy reports counts beside the Host header either way.

    Raises:
        TypeError: a string instead of a list.
        ValueError: something that is not an address or network.

    RFC 7239.
    """

    def __init__(
        self,
        app: ASGIApp,
        trusted: Sequence[str] = ("127.0.0.1", "::1"),
        *,
        convention: Convention = "x-forwarded",
        trust_host: bool = False,
    ) -> None:
        self.app = app
        self.policy: ProxyPolicy = ProxyPolicy(trusted, convention, trust_host)
        self.warned: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            client = scope.get("client")
            headers = Headers(scope=scope)
            forwarded = self.policy.resolve(client[0] if client else "", headers)
            if forwarded is not None:
                if scope["type"] == "websocket" and forwarded.host is not None:
                    scope_record(scope)["forwarded_host"] = forwarded.host
                scope = rewritten(scope, forwarded if self.policy.trusts_host else forwarded._replace(host=None))
            elif not self.warned and self.policy.seen_by_server(client, headers):
                self.warned = True
                logger.warning(
                    "the server has already replaced the proxy's address by the one of X-Forwarded-For, so that "
                    "ProxyHeadersMiddleware recognises no proxy and changes nothing, the host neither; let one of the "
                    "two read these headers: run uvicorn with --no-proxy-headers"
                )
        await self.app(scope, receive, send)


def rewritten(scope: Scope, forwarded: ForwardedClient) -> Scope:
    """Return a copy of the scope that shows the client; the server's own stays as it was."""
    changed = dict(scope)
    if forwarded.is_unknown:
        changed["client"] = None
    elif forwarded.client is not None:
        changed["client"] = (forwarded.client, 0)
    if forwarded.scheme is not None:
        websocket = scope["type"] == "websocket"
        changed["scheme"] = SECURE_WEBSOCKET[forwarded.scheme] if websocket else forwarded.scheme
    if forwarded.host is not None:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        changed["headers"] = [(b"host", forwarded.host.encode("latin-1")), *others]
    return changed
