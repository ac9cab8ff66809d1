"""Exceptions to the handlers an application registered; FastAPI wraps its endpoints with this."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from asterism.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    HTTPException,
    Message,
    Receive,
    Scope,
    Send,
    find_exception_handler,
    find_scope_record,
    is_async_callable,
)
from asterism.concurrency import run_in_threadpool

ExceptionHandlers = Mapping[Any, ExceptionHandler]
StatusHandlers = Mapping[int, ExceptionHandler]

SCOPE_KEY = "starlette.exception_handlers"


def handler_in_charge(scope: Scope, exc: Exception) -> ExceptionHandler | None:
    """Return the registered handler for `exc`: by status, else by the nearest class."""
    tables: tuple[ExceptionHandlers, StatusHandlers] | None = scope.get(SCOPE_KEY)
    if tables is not None:
        by_class, by_status = tables
        found = by_status.get(exc.status_code) if isinstance(exc, HTTPException) else None
        return found or find_exception_handler(by_class, exc)
    record = find_scope_record(scope)
    handlers = None if record is None else record.get("exception_handlers")
    return find_exception_handler(handlers, exc) if handlers else None


def wrap_app_handling_exceptions(app: ASGIApp, conn: Any) -> ASGIApp:
    """Return `app` with its exceptions answered.

    Args:
        app: the application to run.
        conn: the request or WebSocket that handlers are given.
    """
    return _HandledApp(app, conn)


class _HandledApp:
    def __init__(self, app: ASGIApp, connection: Any) -> None:
        self.app = app
        self.connection = connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        tracked = _TrackedSend(send)
        try:
            await self.app(scope, receive, tracked)
        except Exception as exc:
            handler = handler_in_charge(self.connection.scope, exc)
            if handler is None:
                raise
            if tracked.started:
                raise RuntimeError("Caught handled exception, but response already started.") from exc
            answer = await self._ask(handler, exc)
            if answer is not None:
                await answer(scope, receive, tracked)
            exc.__traceback__ = None

    async def _ask(self, handler: ExceptionHandler, exc: Exception) -> Any:
        if is_async_callable(handler):
            return await handler(self.connection, exc)
        return await run_in_threadpool(handler, self.connection, exc)


class _TrackedSend:
    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
        await self.send(message)
