"""Handlers by status code and exception class around any application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from armillary.asgi_types import (
    ASGIApp,
    ExceptionHandler,
    HTTPException,
    Receive,
    Scope,
    Send,
    WebSocketException,
    scope_record,
)
from armillary.exchange import (
    check_exception_handler,
    close_code,
    find_exception_handler,
    has_response_started,
    is_websocket_open,
    native_exception,
    record_response_start,
    register_handlers,
    rejection_of,
    restore_handlers,
    track,
)

from ._error_log import report_once
from ._rejection_response import rejection_response

HandlerTable: TypeAlias = Mapping[Any, ExceptionHandler]
"""Status codes and exception classes to handlers."""


class ExceptionMiddleware:
    """Handle exceptions with the handler registered for their status code or class.

    The handler of an `HTTPException`'s status comes first, then that of the nearest class in the
    exception's method resolution order. `HTTPException` and `WebSocketException` are handled
    without a handler too. Function endpoints below find the same handlers in the scope record.

    An exception raised after the response has begun is given to its handler as well; what the
    handler returns is dropped, the exception is reported and re-raised, and the server closes
    the connection.

    Args:
        app: the application to run.
        handlers: status codes and exception classes to handlers, sync or async. For HTTP a
            handler gets the request and returns a response; for WebSocket it gets the WebSocket.
        debug: kept as an attribute for subclasses.

    Raises:
        TypeError: a key is neither a status code nor an exception class, or a handler is not callable.
        ValueError: a status code is not in 100 to 599.

    >>> async def app(scope, receive, send):
    ...     raise LookupError("no such star")
    >>> async def not_found(request, exc): ...
    >>> handled = ExceptionMiddleware(app, handlers={LookupError: not_found})
    """

    def __init__(self, app: ASGIApp, handlers: HandlerTable | None = None, debug: bool = False) -> None:
        self.handlers: dict[int | type[Exception], ExceptionHandler] = {
            HTTPException: self.http_exception,
            WebSocketException: self.websocket_exception,
        }
        self.app: ASGIApp = app
        self.debug: bool = debug
        self.has_own_handlers: bool = (
            type(self).http_exception is not ExceptionMiddleware.http_exception
            or type(self).websocket_exception is not ExceptionMiddleware.websocket_exception
        )
        for key, handler in (handlers or {}).items():
            self.add_exception_handler(key, handler)

    def add_exception_handler(self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler) -> None:
        """Register a handler, replacing the one there was.

        Args:
            exc_class_or_status_code: a status code, for `HTTPException`s, or an exception class.
            handler: called with the request or WebSocket and the exception.
        """
        self.handlers[check_exception_handler(exc_class_or_status_code, handler)] = handler
        self.has_own_handlers = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and handle what it raises."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        tracked_send = track(scope, send)
        # A table that holds nothing but the defaults is not registered: the parts below handle `HTTPException` and
        # `WebSocketException` themselves.
        outer = self.register(scope) if self.has_own_handlers else None
        try:
            await self.app(scope, receive, tracked_send)
        except Exception as exc:
            if not await self.handle_exception(exc, scope, receive, tracked_send):
                raise
        finally:
            if outer is not None:
                restore_handlers(scope, outer)

    def register(self, scope: Scope) -> Any:
        """Make the handlers known to the parts inside, and return what `restore_handlers` takes; for subclasses."""
        return register_handlers(scope, self.handlers)

    async def handle_exception(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
        """Give an exception to its handler.

        Args:
            exc: the exception raised below.
            scope, receive, send: the connection. `send` tracks the start of a response, or
                the part that sends on it records the start.

        Returns:
            Whether the exception was handled. False: the caller re-raises it, since there is no
            handler, the handler gave no response, or the response had begun.
        """
        handler = find_exception_handler(self.handlers, exc)
        if handler is None:
            return False
        if scope["type"] == "http":
            return await self._handle_http(handler, exc, scope, receive, send)
        return await self._handle_websocket(handler, exc, scope, receive, send)

    async def _handle_http(
        self, handler: ExceptionHandler, exc: Exception, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        from armillary.http import Request, call_exception_handler

        request = Request(scope, receive, send)
        if has_response_started(scope, send):
            await self.handle_after_start(handler, request, exc)
            return False
        response = await call_exception_handler(handler, request, exc)
        if response is not None:
            await _send_response(response, scope, receive, send)
        elif not has_response_started(scope, send):
            return False
        exc.__traceback__ = None  # an exception object raised for every request must not collect frames
        return True

    async def handle_after_start(self, handler: ExceptionHandler, request: Any, exc: Exception) -> None:
        """Give the handler an exception raised after the response started, and report it.

        The exception is re-raised after this, which makes the server close the connection.
        """
        from armillary.http import call_exception_handler

        if scope_record(request.scope).get("reported_exception") is not exc:
            await call_exception_handler(handler, request, exc)
            report_once(request.scope, exc, "was raised after the response had begun")

    async def _handle_websocket(
        self, handler: ExceptionHandler, exc: Exception, scope: Scope, receive: Receive, send: Send
    ) -> bool:
        from armillary.http import call_exception_handler
        from armillary.websockets import WebSocket

        is_closed = has_response_started(scope, send) and not is_websocket_open(send)
        if is_closed and getattr(handler, "__func__", None) is ExceptionMiddleware.websocket_exception:
            return True  # there is nothing left to close
        response = await call_exception_handler(handler, WebSocket(scope, receive, send), exc)
        if response is not None:
            await self.send_websocket_response(response, scope, receive, send)
        exc.__traceback__ = None
        return True

    async def send_websocket_response(self, response: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what a handler returned instead of accepting; an open WebSocket is closed, as its status says."""
        if is_websocket_open(send):
            await send({"type": "websocket.close", "code": close_code(response.status_code), "reason": ""})
        elif not has_response_started(scope, send):
            await response(scope, receive, send)

    async def http_exception(self, request: Any, exc: Exception) -> Any:
        """Return the response to an `HTTPException`: a problem document, or its detail as text if that is preferred."""
        native = native_exception(exc)
        assert isinstance(native, HTTPException)
        return rejection_response(rejection_of(native), request.scope)

    async def websocket_exception(self, websocket: Any, exc: Exception) -> None:
        """Close the WebSocket with the code and reason of a `WebSocketException`."""
        assert isinstance(exc, WebSocketException)
        await websocket.close(code=exc.code, reason=exc.reason)


async def _send_response(response: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a handler's response. If it fails, it is known whether it began, though no record of it is its own."""
    tracked_send = track(scope, send)
    try:
        await response(scope, receive, tracked_send)
    except Exception:
        if has_response_started(scope, tracked_send):
            record_response_start(scope, send)
        raise
