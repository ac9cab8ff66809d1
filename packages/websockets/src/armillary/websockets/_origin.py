"""The origin policy around an ASGI application."""

from __future__ import annotations

from collections.abc import Iterable

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.exchange import (
    ORIGIN_REJECTED,
    DecidesOrigin,
    OriginCheck,
    OriginPolicy,
    Rejection,
    check_origin,
    reject,
)


class OriginMiddleware:
    """Reject WebSocket handshakes from web pages that are not allowed to make them.

    What it allows is not checked again when a handler accepts the connection.

    Args:
        app: any ASGI application; scopes other than WebSocket pass untouched.
        allow_origins, check, require_origin: as for `OriginPolicy`.
        policy: an object with `allows(scope)`, instead of those.

    A rejected handshake gets a 403, and the application is not called.

    >>> from armillary.websockets import OriginMiddleware, websocket_session
    >>> async def chat(websocket):
    ...     async with websocket:
    ...         await websocket.send_text("welcome")
    >>> app = OriginMiddleware(websocket_session(chat), ["https://app.example.com"])
    """

    def __init__(
        self,
        app: ASGIApp,
        allow_origins: Iterable[str] = (),
        *,
        check: OriginCheck = "cookies",
        require_origin: bool = False,
        policy: DecidesOrigin | None = None,
    ) -> None:
        self.app = app
        self.policy: DecidesOrigin | OriginPolicy = policy or OriginPolicy(
            allow_origins, check=check, require_origin=require_origin
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the connection on, or reject it."""
        if scope["type"] != "websocket" or check_origin(scope, self.policy):
            await self.app(scope, receive, send)
            return
        await reject(scope, send, Rejection(403, ORIGIN_REJECTED), receive)
