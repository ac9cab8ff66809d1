"""The middleware that opens and closes the scope of a request."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send

from ._injection import Injection
from ._scope import CURRENT, ConnectionScope


class InjectionMiddleware:
    """Provide a scope for injection that ends with the request.

    The scope is opened when something is first injected, and closed after the response and its
    background tasks, in reverse order, also after an error, a disconnect or a cancellation.

    Args:
        app: the application that contains the injected functions.
        injection: the providers.

    Raises:
        TypeError: `injection` is not an `Injection`.
    """

    def __init__(self, app: ASGIApp, injection: Injection) -> None:
        if not isinstance(injection, Injection):
            raise TypeError(f"injection must be an Injection(...) of providers, got {injection!r}")
        self.app = app
        self.injection = injection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        own = ConnectionScope(self.injection, scope, receive, send)
        token = CURRENT.set(own)
        try:
            await self.app(scope, receive, send)
        except BaseException as exc:
            await own.close(exc)
            raise
        else:
            await own.close(None)
        finally:
            CURRENT.reset(token)
