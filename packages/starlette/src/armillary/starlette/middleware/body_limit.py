"""`starlette.middleware.body_limit`."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.exchange import BodyTooLarge, CountedReceive
from armillary.resilience import RequestBodyLimitMiddleware as _NativeBodyLimit

__all__ = [
    "MAX_BODY_SIZE_SCOPE_KEY",
    "RequestBodyLimitMiddleware",
    "RequestBodyLimitResponder",
    "_RequestBodyLimitResponseSent",
]

MAX_BODY_SIZE_SCOPE_KEY = "starlette.max_body_size"


# FastAPI looks up this one and the next to distinguish them from its own errors.
class _RequestBodyTooLarge(BodyTooLarge):
    """The native exception with Starlette's sentence."""

    def __init__(self, limit: int = 0) -> None:
        super().__init__(limit)
        self.detail = "Content Too Large"
        self.headers = None


class _CountedReceive(CountedReceive):
    __slots__ = ()
    error_class = _RequestBodyTooLarge


class _RequestBodyLimitResponseSent(Exception):
    """Never raised here: a rejected request ends without an exception."""


class RequestBodyLimitMiddleware(_NativeBodyLimit):
    """The native middleware, which also sets its limit under Starlette's scope key.

    The limit is applied when the body is received, so that exceeding it always raises the exception
    that FastAPI knows.
    """

    record_key = MAX_BODY_SIZE_SCOPE_KEY
    receive_class = _CountedReceive

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        super().__init__(app, max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        outer = {key: scope[key] for key in (MAX_BODY_SIZE_SCOPE_KEY,) if key in scope}
        scope[MAX_BODY_SIZE_SCOPE_KEY] = self.max_body_size
        try:
            await super().__call__(scope, receive, send)
        finally:
            del scope[MAX_BODY_SIZE_SCOPE_KEY]
            scope.update(outer)


RequestBodyLimitResponder = RequestBodyLimitMiddleware
