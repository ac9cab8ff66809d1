"""`starlette.middleware.body_limit`."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.exchange import BodyTooLarge, CountedReceive, declared_length
from armillary.resilience import RequestBodyLimitMiddleware as _NativeBodyLimit

__all__ = [
    "MAX_BODY_SIZE_SCOPE_KEY",
    "RequestBodyLimitMiddleware",
    "RequestBodyLimitResponder",
    "_RequestBodyLimitResponseSent",
]

MAX_BODY_SIZE_SCOPE_KEY = "starlette.max_body_size"


# FastAPI looks up this one and the next to distinguish them from its own errors.
class _RequestBodyTooLarge(BodyTooLarge):
    """The native exception with Starlette's sentence."""

    def __init__(self, limit: int = 0) -> None:
        super().__init__(limit)
        self.detail = "Content Too Large"
        self.headers = None


class _CountedReceive(CountedReceive):
    __slots__ = ()
    error_class = _RequestBodyTooLarge


class _RequestBodyLimitResponseSent(Exception):
    """Never raised here: a rejected request ends without an exception."""


class RequestBodyLimitMiddleware(_NativeBodyLimit):
    """The native middleware, which also sets its limit under Starlette's scope key.

    The limit is applied when the body is received, so that exceeding it always raises the exception
    that FastAPI knows.
    """

    record_key = MAX_BODY_SIZE_SCOPE_KEY
    receive_class = _CountedReceive
    errors_as_text = True

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = app
        self.max_body_size = max_body_size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        outer = {key: scope[key] for key in (MAX_BODY_SIZE_SCOPE_KEY,) if key in scope}
        scope[MAX_BODY_SIZE_SCOPE_KEY] = self.max_body_size
        try:
            await super().__call__(scope, receive, send)
        finally:
            del scope[MAX_BODY_SIZE_SCOPE_KEY]
            scope.update(outer)


class RequestBodyLimitResponder:
    """One request under a limit; the middleware itself needs none of these.

    Programs override the two methods that are given to the application as `receive` and `send`.
    """

    def __init__(self, app: ASGIApp, max_body_size: int) -> None:
        self.app = app
        self.max_body_size = max_body_size
        self.content_length: int | None = None
        self.total_size = 0
        self.response_started = False
        self._channels: tuple[Scope, Receive, Send] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.content_length = declared_length(scope) or None
        await RequestBodyLimitMiddleware(self._call_app, self.max_body_size)(scope, receive, send)

    async def _call_app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._channels = scope, receive, send
        await self.app(scope, self.receive_with_limit, self.send_with_limit)

    def _channel(self, position: int) -> Any:
        if self._channels is None:
            raise RuntimeError("the responder has no request yet; call it as an ASGI application first")
        return self._channels[position]

    @property
    def scope(self) -> Scope:
        """The request's."""
        scope: Scope = self._channel(0)
        return scope

    @property
    def receive(self) -> Receive:
        """The channel of the body, counted."""
        receive: Receive = self._channel(1)
        return receive

    @property
    def send(self) -> Send:
        """The channel of the response."""
        send: Send = self._channel(2)
        return send

    async def receive_with_limit(self) -> Message:
        """Receive a message; the body over its limit raises what the middleware answers with a 413."""
        message = await self.receive()
        self.total_size += len(message.get("body", b""))
        return message

    async def send_with_limit(self, message: Message) -> None:
        """Send a message."""
        self.response_started |= message["type"] == "http.response.start"
        await self.send(message)
