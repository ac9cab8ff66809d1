"""The outermost guard: an unhandled exception becomes a 500 and is re-raised to the server."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from armillary.asgi_types import ASGIApp, HTTPExceptionHandler, Receive, Scope, Send
from armillary.exchange import Rejection, has_response_started, is_websocket_open, record_response_start, track

from ._client_left import has_client_left
from ._endpoint_source import name_endpoint
from ._error_log import report_once
from ._rejection_response import rejection_response

SERVER_ERROR: Final = Rejection(500, "Internal Server Error")


class ServerErrorMiddleware:
    """Respond to unhandled exceptions with a 500, report them once, and re-raise them.

    The exception is re-raised after the response, so that the server, error trackers and the test
    client see it. A response that had begun is left as it is: raising closes the connection. A
    WebSocket that failed is closed with 1011. That the client has left is no error, and is neither
    reported nor raised further.

    Args:
        app: the application to guard.
        handler: `handler(request, exc)` returning the 500 response, sync or async. It is called
            even when the response had begun; its response is then dropped.
        debug: respond with the debug page instead; it shows source, so never in production.
        show_locals: list the local variables of each frame on the debug page. Those under names
            such as "password" or "token" are concealed; others may hold secrets all the same.

    Raises:
        TypeError: `handler` is not callable.

    >>> async def app(scope, receive, send):
    ...     raise RuntimeError("no star in sight")
    >>> guarded = ServerErrorMiddleware(app)
    """

    absorbs_disconnects: ClassVar[bool] = True
    """Whether a client's leaving ends the request quietly, instead of being raised further."""

    closes_websockets: ClassVar[bool] = True
    """Whether a WebSocket whose application failed is closed with 1011 before the exception is re-raised."""

    def __init__(
        self,
        app: ASGIApp,
        handler: HTTPExceptionHandler | None = None,
        debug: bool = False,
        *,
        show_locals: bool = False,
    ) -> None:
        if handler is not None and not callable(handler):
            raise TypeError(f"handler must be a function of a request and an exception, got {handler!r}")
        self.app = app
        self.handler = handler
        self.debug = debug
        self.show_locals = show_locals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application, and handle what it raises."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        tracking_send = track(scope, send)
        try:
            await self.app(scope, receive, tracking_send)
        except Exception as exc:
            if not await self.handle_exception(exc, scope, receive, tracking_send):
                raise

    async def handle_exception(self, exc: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
        """Report an exception and respond to it.

        Args:
            exc: the unhandled exception.
            scope, receive, send: the connection. `send` tracks the start of a response, or
                the part that sends on it records the start.

        Returns:
            Whether the exception was handled. False: the caller re-raises it.
        """
        if self.absorbs_disconnects and has_client_left(exc, scope):
            return True
        name_endpoint(exc, scope)
        reported_here = self.report(exc, scope)
        try:
            if scope["type"] == "http":
                response = await self._response_to(exc, scope, receive, send, reported_here)
                if response is not None and not has_response_started(scope, send):
                    record_response_start(scope, send)
                    await response(scope, receive, send)
            elif self.closes_websockets and is_websocket_open(send):
                # An unfinished handshake is left to the server, which rejects it with a 500.
                await send({"type": "websocket.close", "code": 1011, "reason": ""})
        except OSError:
            pass  # the client disconnected: no response can be sent
        except Exception as failure:
            if (type(failure), str(failure)) != (type(exc), str(exc)):  # a response that fails as the one before it
                exc.add_note(f"While this exception was being handled, {type(failure).__name__} was raised: {failure}")
        return False

    def report(self, exc: Exception, scope: Scope) -> bool:
        """Log an exception; return False if it was reported before on this connection."""
        return report_once(scope, exc)

    async def _response_to(
        self, exc: Exception, scope: Scope, receive: Receive, send: Send, reported_here: bool
    ) -> Any:
        """Return the response to an exception, None if one has begun; the handler gets it even then, but once."""
        from armillary.http import Request

        started = has_response_started(scope, send)
        request = Request(scope, receive, send)
        if self.handler is not None and not self.debug:
            return await self._call_handler(self.handler, request, exc) if reported_here or not started else None
        if started:
            return None
        if self.debug:
            # In a worker thread, since it reads source files.
            return await self._call_handler(self.debug_response, request, exc)
        return self.error_response(request, exc)

    async def _call_handler(self, handler: HTTPExceptionHandler, request: Any, exc: Exception) -> Any:
        from armillary.http import call_exception_handler

        try:
            return await call_exception_handler(handler, request, exc)
        except Exception as failure:
            exc.add_note(f"The handler of this exception raised {type(failure).__name__} itself: {failure}")
            return self.error_response(request, exc)

    def debug_response(self, request: Any, exc: Exception) -> Any:
        """Return the response that shows the exception: HTML, JSON or text, by the Accept header."""
        from ._debug_response import debug_response

        return debug_response(request, exc, show_locals=self.show_locals)

    def error_response(self, request: Any, exc: Exception) -> Any:
        """Return the response that says nothing but that the server failed."""
        return rejection_response(SERVER_ERROR, request.scope)
