"""The router, the exception handlers and the guard around them, gone through in one step."""

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

from ._as_written import guards_are_unpatched, is_router_with_handlers


class RoutedGuard(ServerErrorMiddleware):
    """The guard inside the program's middleware.

    Where it holds the exception handlers and the router as they were written, a connection goes
    from the router's `select` straight to the endpoint; what is raised there is answered as the
    layers would answer it.
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
            if not await settle_in_turn(self, handlers, exc, scope, receive, send):
                raise
        finally:
            if outer is not None:
                scope_record(scope)["exception_handlers"] = outer


async def settle_in_turn(
    guard: ServerErrorMiddleware,
    handlers: ExceptionMiddleware,
    exc: Exception,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> bool:
    """Answer an exception by the handlers, else by the guard, as the two layers would in turn."""
    try:
        if await handlers.settle(exc, scope, receive, send):
            return True
    except Exception as failure:
        if await guard.settle(failure, scope, receive, send):
            return True
        raise
    return await guard.settle(exc, scope, receive, send)
