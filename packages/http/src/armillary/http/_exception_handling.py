"""Handling an exception raised below a function endpoint or an `HTTPEndpoint`.

The handlers are looked up when the exception is raised: those the application registered, else
the plain-text rendering of an `HTTPException`. An exception without a handler goes to the caller.
"""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import ExceptionHandler, HTTPException, Receive, Send, is_async_callable
from armillary.exchange import has_response_started, registered_handler, reject, rejection_of

from ._request import Request


async def call_exception_handler(handler: ExceptionHandler, request: Any, exc: Exception) -> Any:
    """Call a handler, in a worker thread if it is not async, and return its response."""
    if is_async_callable(handler):
        return await handler(request, exc)
    from armillary.concurrency import run_in_threadpool

    return await run_in_threadpool(handler, request, exc)


async def handle_exception(request: Request[Any], exc: Exception, receive: Receive, send: Send) -> bool:
    """Handle an exception with the handler registered for it.

    Args:
        request: the request being handled; passed to the handler.
        exc: the exception raised.
        receive: the connection's receive channel, passed on to the response.
        send: the connection's send channel.

    Returns:
        False if there is no handler or the response has already started: the caller then
        re-raises, so that the exception is reported once and the connection is closed.
    """
    scope = request.scope
    if has_response_started(scope, send):
        return False
    handler = registered_handler(scope, exc)
    if handler is not None:
        response = await call_exception_handler(handler, request, exc)
        if response is not None:
            await response(scope, receive, send)
    elif isinstance(exc, HTTPException):
        await reject(scope, send, rejection_of(exc))
    else:
        return False
    exc.__traceback__ = None  # an exception object raised for every request must not collect frames
    return True
