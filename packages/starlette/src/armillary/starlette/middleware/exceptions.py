"""`starlette.middleware.exceptions`."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from armillary.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    HTTPException,
    Receive,
    Scope,
    Send,
    scope_record,
)
from armillary.errors import ExceptionMiddleware as _NativeExceptionMiddleware
from armillary.exchange import track

from .._exception_handler import SCOPE_KEY
from ..responses import PlainTextResponse, Response

__all__ = ["ExceptionMiddleware"]

NO_HANDLERS: Mapping[Any, ExceptionHandler] = {}


class ExceptionMiddleware(_NativeExceptionMiddleware):
    """The native middleware, which also sets its handlers under Starlette's scope key.

    An exception that has a handler but comes after the response started is a `RuntimeError`. The
    two tables are live: error reporters replace handlers in them. The router inside it selects in this frame.
    """

    def __init__(
        self, app: ASGIApp, handlers: Mapping[Any, ExceptionHandler] | None = None, debug: bool = False
    ) -> None:
        super().__init__(app, None, debug)
        self._exception_handlers: dict[Any, ExceptionHandler] = dict(self.handlers)
        self._status_handlers: dict[Any, ExceptionHandler] = {}
        self.handlers = ChainMap(self._exception_handlers, self._status_handlers)  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]
        self.tables = (self._exception_handlers, self._status_handlers)
        # Set even with only the defaults: a mounted application handles its own exceptions.
        self.has_own_handlers = True
        self._inside = plain_router(app)
        for key, handler in (handlers or {}).items():
            self.add_exception_handler(key, handler)

    def add_exception_handler(self, exc_class_or_status_code: Any, handler: ExceptionHandler) -> None:
        """Register a handler for a status code or an exception class."""
        by_class, by_status = self.tables
        if isinstance(exc_class_or_status_code, int):
            by_status[exc_class_or_status_code] = handler
            return
        if not issubclass(exc_class_or_status_code, Exception):
            raise AssertionError(
                f"exception handlers are for status codes and exceptions, got {exc_class_or_status_code}"
            )
        by_class[exc_class_or_status_code] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        record = scope_record(scope)
        outer = record.get("exception_handlers", NO_HANDLERS)
        record["exception_handlers"] = self.handlers
        scope[SCOPE_KEY] = self.tables
        try:
            app = self.selected_app(scope)
            if getattr(app, "keeps_record", False) is not True:
                send = track(scope, send)
            await app(scope, receive, send)
        except Exception as exc:
            if not await self.handle_exception(exc, scope, receive, send):
                raise
        finally:
            record["exception_handlers"] = outer

    def selected_app(self, scope: Scope) -> ASGIApp:
        """Return what serves a scope: of a router inside that nobody has changed, what it selects."""
        if self._inside is not None:
            router, cls, call, stack, select = self._inside
            unchanged = type(router) is cls and cls.__call__ is call and router.middleware_stack is stack
            if self.app is router and unchanged:
                return select(scope)  # type: ignore[no-any-return]
        return self.app

    async def http_exception(self, request: Any, exc: Exception) -> Any:
        """Return the response to an `HTTPException`: its detail as plain text, or as JSON if it is data."""
        assert isinstance(exc, HTTPException)
        if exc.status_code in {204, 304}:
            return Response(status_code=exc.status_code, headers=exc.headers)
        if isinstance(exc.detail, str):
            return PlainTextResponse(exc.detail, status_code=exc.status_code, headers=exc.headers)
        return await super().http_exception(request, exc)

    async def send_websocket_response(self, response: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what a handler returned, whatever was sent before; servers reject it after `accept`."""
        await response(scope, receive, send)

    async def handle_after_start(self, handler: ExceptionHandler, request: Any, exc: Exception) -> None:
        raise RuntimeError("Caught handled exception, but response already started.") from exc


RUNS_BY_ITSELF = ExceptionMiddleware.__call__


def plain_router(app: Any) -> tuple[Any, ...] | None:
    """Return a router, what it is as long as it does nothing but select, and its selection; None for anything else."""
    from armillary.routing import Router

    if not isinstance(app, Router):
        return None
    cls: Any = type(app)
    selects = cls.__call__ is Router.__call__ and cls.app is Router.app and app.middleware_stack == app.app
    return (app, cls, cls.__call__, app.middleware_stack, app.select) if selects else None
