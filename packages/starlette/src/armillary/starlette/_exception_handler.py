"""Passes exceptions to an application's handlers; FastAPI wraps its endpoints with this."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

from armillary.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    HTTPException,
    Message,
    Receive,
    Scope,
    Send,
    find_scope_record,
    is_async_callable,
)
from armillary.concurrency import run_in_threadpool
from armillary.exchange import find_exception_handler

__all__ = ["wrap_app_handling_exceptions"]

ExceptionHandlers = Mapping[Any, ExceptionHandler]
StatusHandlers = Mapping[int, ExceptionHandler]

SCOPE_KEY = "starlette.exception_handlers"


def find_handler(scope: Scope, exc: Exception) -> ExceptionHandler | None:
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
    """Return `app` with its exceptions handled.

    Args:
        app: the application to run.
        conn: the request or WebSocket that handlers are given.
    """

    async def handled(scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        # Not a coroutine function: the awaitable of `send` is passed on, without another frame.
        def tracking_send(message: Message) -> Awaitable[None]:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
            return send(message)

        try:
            await app(scope, receive, tracking_send)
        except Exception as exc:
            handler = find_handler(conn.scope, exc)
            if handler is None:
                raise
            if started:
                raise RuntimeError("Caught handled exception, but response already started.") from exc
            response = await call_handler(handler, conn, exc)
            if response is not None:
                await response(scope, receive, tracking_send)
            exc.__traceback__ = None

    return handled


async def call_handler(handler: ExceptionHandler, connection: Any, exc: Exception) -> Any:
    """Return the result of a handler; one that blocks runs in a thread."""
    if is_async_callable(handler):
        return await handler(connection, exc)
    return await run_in_threadpool(handler, connection, exc)
