"""Handling an exception raised below a function endpoint or an `HTTPEndpoint`.

The handlers are looked up when the exception is raised: those the application registered, else
the rejection that an `HTTPException` stands for. An exception without a handler goes to the caller.
"""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import (
    ExceptionHandler,
    HTTPException,
    Receive,
    Scope,
    Send,
    describe_function,
    is_async_callable,
)
from armillary.exchange import has_response_started, native_exception, registered_handler, reject, rejection_of

from ._request import Request
from ._start_tracking import recording_send


async def call_exception_handler(handler: ExceptionHandler, request: Any, exc: Exception) -> Any:
    """Call a handler, in a worker thread if it is not async, and return its response.

    If there is no thread for it, the response is the 503 of that.
    """
    if is_async_callable(handler):
        return _checked(await handler(request, exc), handler)
    from armillary.concurrency import Overloaded, run_in_threadpool

    if isinstance(exc, Overloaded):  # the handler would wait for a thread in vain, as what it handles did
        return _Rejecting(exc, request)
    try:
        return _checked(await run_in_threadpool(handler, request, exc), handler)
    except Overloaded as overloaded:
        return _Rejecting(overloaded, request)


def _checked(response: Any, handler: Any) -> Any:
    """Return what a handler returned; `TypeError` for data and the like, which is no response."""
    if response is not None and not callable(response):
        fix = "return a Response, such as JSONResponse({...}, 400)"
        raise TypeError(f"the exception handler {describe_function(handler)} returned {response!r:.80}; {fix}")
    return response


class _Rejecting:
    """The response of an `HTTPException` that no handler takes."""

    def __init__(self, exc: HTTPException, request: Any) -> None:
        self.exc = exc
        self.as_text = getattr(request, "errors_as_text", False)
        self.status_code = exc.status_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reject(scope, send, rejection_of(self.exc), as_text=self.as_text)


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
            await response(scope, receive, recording_send(response, scope, send))
        elif request.handlers_return_responses and not has_response_started(scope, send):
            name = describe_function(handler)
            raise TypeError(f"the exception handler {name} returned None; return a Response") from exc
    elif isinstance(native := native_exception(exc), HTTPException):
        await reject(scope, send, rejection_of(native), as_text=request.errors_as_text)
    else:
        return False
    exc.__traceback__ = None  # an exception object raised for every request must not collect frames
    return True
