"""Handling an exception raised below a function endpoint or an `HTTPEndpoint`.

The handlers are looked up when the exception is raised: those the application registered, else
the plain-text rendering of an `HTTPException`. An exception without a handler goes to the caller.
"""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import (
    ExceptionHandler,
    HTTPException,
    Receive,
    Scope,
    Send,
    find_exception_handler,
    find_scope_record,
    has_response_started,
    is_async_callable,
)

from ._request import Request

_BODYLESS_STATUSES = frozenset({204, 304})


def exception_response_headers(exc: HTTPException, content_length: int | None) -> list[tuple[bytes, bytes]]:
    """Return the header list of the plain-text rendering of `exc`; its own headers win."""
    from armillary.datastructures import encode_headers

    given = encode_headers(exc.headers)
    names = {name for name, _ in given}
    headers = [] if content_length is None else [(b"content-length", str(content_length).encode())]
    if content_length is not None and b"content-type" not in names:
        headers.append((b"content-type", b"text/plain; charset=utf-8"))
    headers.extend(item for item in given if item[0] != b"content-length")
    return headers


async def send_http_exception(exc: HTTPException, send: Send, method: str = "GET") -> None:
    """Send an `HTTPException` as a plain-text response.

    Args:
        exc: its status, detail and headers are sent; 1xx, 204 and 304 have no body.
        send: the connection's send channel.
        method: the request method; the response to HEAD has headers only.
    """
    bodyless = exc.status_code < 200 or exc.status_code in _BODYLESS_STATUSES
    body = b"" if bodyless else exc.detail.encode("utf-8", "backslashreplace")
    headers = exception_response_headers(exc, None if bodyless else len(body))
    await send({"type": "http.response.start", "status": exc.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def registered_handler(scope: Scope, exc: Exception) -> ExceptionHandler | None:
    """Return the handler the application registered for `exc`, or None."""
    record = find_scope_record(scope)
    handlers = None if record is None else record.get("exception_handlers")
    return None if handlers is None else find_exception_handler(handlers, exc)


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
        await send_http_exception(exc, send, scope["method"])
    else:
        return False
    exc.__traceback__ = None  # an exception object raised for every request must not collect frames
    return True
