"""`starlette.middleware.exceptions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asterism.asgi_types import ASGIApp, ExceptionHandler, Receive, Scope, Send
from asterism.errors import ExceptionMiddleware as _NativeExceptionMiddleware

from .._exception_handler import SCOPE_KEY

__all__ = ["ExceptionMiddleware"]


class ExceptionMiddleware(_NativeExceptionMiddleware):
    """The native middleware, which also shows its handlers under Starlette's scope key.

    An exception that has a handler but comes after the response began is a `RuntimeError`.
    """

    def __init__(
        self, app: ASGIApp, handlers: Mapping[Any, ExceptionHandler] | None = None, debug: bool = False
    ) -> None:
        super().__init__(app, handlers, debug)
        # Published even when it holds only the defaults: a mounted application answers for itself.
        self.has_own_handlers = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            by_class = {key: handler for key, handler in self.handlers.items() if not isinstance(key, int)}
            by_status = {key: handler for key, handler in self.handlers.items() if isinstance(key, int)}
            scope[SCOPE_KEY] = (by_class, by_status)
        await super().__call__(scope, receive, send)

    async def settle_started(self, handler: ExceptionHandler, request: Any, exc: Exception) -> None:
        raise RuntimeError("Caught handled exception, but response already started.") from exc
