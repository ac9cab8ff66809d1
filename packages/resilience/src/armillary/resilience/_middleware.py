from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send


class ResilienceMiddleware:
    """Pass every connection on to the app it is around.

    Args:
        app: any ASGI application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
