"""The one layer that an application adds: it selects what serves a connection, runs it, and handles what it raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, scope_record
from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.exchange import TrackedRequest, register_handlers, restore_handlers, track


class Boundary:
    """Select the application of a connection, run it, and handle the exceptions it raises.

    An application without middleware has one. One with middleware has two: inside of the middleware, so that responses
    to exceptions, 500s too, pass through it; and around it, for what the middleware itself raises.

    Args:
        app: what is inside, for lifespans and for programs that walk the layers.
        select: returns the application to run for a scope.
        guard: turns an exception that nothing else handles into a 500, and reports it.
        handlers: the exception handlers.
        limit: bytes of a request body that an application which does not limit them itself may receive.
        publishes_limit: whether `limit` replaces that of an application outside.
        around_middleware: whether it is the one around: the parts inside do not learn of its handlers, and what the one
            inside has reported is not given to them again.
    """

    def __init__(
        self,
        app: ASGIApp,
        select: Callable[[Scope], ASGIApp],
        guard: ServerErrorMiddleware,
        handlers: ExceptionMiddleware,
        limit: int | None,
        publishes_limit: bool,
        around_middleware: bool = False,
    ) -> None:
        self.app = app
        self.select = select
        self.guard = guard
        self.handlers = handlers
        self.limit = limit
        self.publishes_limit = publishes_limit
        self.around_middleware = around_middleware
        self.publishes_handlers = handlers.has_own_handlers and not around_middleware

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection; a lifespan goes to what is inside."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        if self.publishes_limit:
            scope_record(scope)["max_body_size"] = self.limit
        registered: Any = None
        if self.publishes_handlers:
            registered = register_handlers(scope, self.handlers.handlers)
        try:
            select = self.select  # read by itself: as a method, an attribute of the instance takes longer to find
            app = select(scope)
            if getattr(app, "keeps_record", False) is not True:
                # It neither records that its response has started nor limits the body: done here for it.
                if kind == "http":
                    receive = tracked = TrackedRequest(scope, receive, send, self.limit)
                    send = tracked.send
                else:
                    send = track(scope, send)
            await app(scope, receive, send)
        except Exception as exc:
            if not await self.handle_exception(exc, scope, receive, send):
                raise
        finally:
            if registered is not None:
                restore_handlers(scope, registered)

    async def handle_exception(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
        """Handle an exception by the handlers, else by the guard; return False if it is to be raised further."""
        was_reported = self.around_middleware and scope_record(scope).get("reported_exception") is exc
        try:
            if not was_reported and await self.handlers.handle_exception(exc, scope, receive, send):
                return True
        except Exception as failure:
            if await self.guard.handle_exception(failure, scope, receive, send):
                return True
            raise
        return await self.guard.handle_exception(exc, scope, receive, send)


def selector(router: ASGIApp) -> Callable[[Scope], ASGIApp]:
    """Return how the application of a scope is selected: by the router's `select`, without a frame of its own.

    A router that has middleware, or whose `__call__` or `app` is overridden, is called itself, and so is what wraps a
    router and passes on its attributes.
    """
    plain: Any = getattr(type(router), "plain_select", None)
    return (plain and plain.__get__(router)) or always(router)


def always(app: ASGIApp) -> Callable[[Scope], ASGIApp]:
    """Return a selection of the same application for every scope."""
    return lambda scope: app
