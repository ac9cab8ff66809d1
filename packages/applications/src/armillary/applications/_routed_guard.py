"""The router, the exception handlers and the guard around them in one call."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import (
    ASGIApp,
    HTTPExceptionHandler,
    Receive,
    Scope,
    Send,
    scope_record,
    track_start,
    track_websocket,
)
from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware

from ._unpatched import guards_are_unpatched, is_router_with_handlers


class RoutedGuard(ServerErrorMiddleware):
    """The guard inside the program's middleware.

    If it holds the unpatched exception handlers and router, a connection goes from the router's
    `select` straight to the endpoint; what is raised there is handled as the layers would handle it.
    """

    _handlers: ExceptionMiddleware
    _router: Any = None
    _router_stack: Any = None

    def __init__(
        self,
        app: ASGIApp,
        handler: HTTPExceptionHandler | None = None,
        debug: bool = False,
        *,
        show_locals: bool = False,
    ) -> None:
        super().__init__(app, handler, debug, show_locals=show_locals)
        if guards_are_unpatched() and is_router_with_handlers(app):
            self._handlers = app
            self._router = app.app
            self._router_stack = self._router.middleware_stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        router = self._router
        kind = scope["type"]
        if router is None or router.middleware_stack is not self._router_stack or kind not in ("http", "websocket"):
            await super().__call__(scope, receive, send)
            return
        handlers = self._handlers
        outer = handlers.publish(scope_record(scope)) if handlers.has_own_handlers else None
        send = track_start(send) if kind == "http" else track_websocket(send)
        try:
            await router.select(scope)(scope, receive, send)
        except Exception as exc:
            if not await handle_in_layers(self, handlers, exc, scope, receive, send):
                raise
        finally:
            if outer is not None:
                scope_record(scope)["exception_handlers"] = outer


async def handle_in_layers(
    guard: ServerErrorMiddleware,
    handlers: ExceptionMiddleware,
    exc: Exception,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> bool:
    """Handle an exception by the handlers, else by the guard, as the two layers would in turn."""
    try:
        if await handlers.handle_exception(exc, scope, receive, send):
            return True
    except Exception as failure:
        if await guard.handle_exception(failure, scope, receive, send):
            return True
        raise
    return await guard.handle_exception(exc, scope, receive, send)
