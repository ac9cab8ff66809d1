"""Hooks over the messages of a connection, at no cost for those that are absent."""

from __future__ import annotations

from typing import Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.exchange import start_headers


class MessageHooks:
    """A base for middleware that looks at the request and at what is sent back.

    Override what you need; what you do not override costs nothing. All three are called for HTTP
    requests only.

    - `on_request(scope)` before the application runs. What it returns, if not None, is the
      scope the application gets: copy before changing a key of the specification.
    - `on_response_start(scope, message)` before `http.response.start` is sent. Its headers are a
      list of their own, their names in lower case.
    - `on_body(scope, message)` before each `http.response.body` is sent.

    The last two return the message to send, or None for the one they were given. All may be
    plain functions only: they run between two awaits and must not block.

    Args:
        app: the application to wrap.

    Raises:
        TypeError: a hook is an async function.

    >>> class NoSniff(MessageHooks):
    ...     def on_response_start(self, scope, message):
    ...         message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._on_request = overridden(self, "on_request")
        self._on_response_start = overridden(self, "on_response_start")
        self._on_body = overridden(self, "on_body")

    def on_request(self, scope: Scope) -> Scope | None:
        """Look at a request before the application does."""

    def on_response_start(self, scope: Scope, message: Message) -> Message | None:
        """Look at status and headers before they are sent."""

    def on_body(self, scope: Scope, message: Message) -> Message | None:
        """Look at a part of the body before it is sent."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if self._on_request is not None:
                scope = self._on_request(scope) or scope
            if self._on_response_start is not None or self._on_body is not None:
                send = self._hooked(scope, send)
        await self.app(scope, receive, send)

    def _hooked(self, scope: Scope, send: Send) -> Send:
        on_response_start, on_body = self._on_response_start, self._on_body

        async def hooked_send(message: Message) -> None:
            kind = message["type"]
            if kind == "http.response.body":
                if on_body is not None:
                    message = on_body(scope, message) or message
            elif kind == "http.response.start" and on_response_start is not None:
                message = {**message, "headers": start_headers(message)}
                message = on_response_start(scope, message) or message
            await send(message)

        return hooked_send


def overridden(middleware: MessageHooks, name: str) -> Any:
    """Return the hook if a subclass or the instance defines it, else None."""
    hook = getattr(middleware, name)
    if getattr(hook, "__func__", hook) is getattr(MessageHooks, name):
        return None
    from armillary.asgi_types import is_async_callable

    if is_async_callable(hook):
        raise TypeError(
            f"{type(middleware).__name__}.{name} is async; hooks run between two awaits and must be plain "
            "functions. Use DispatchMiddleware if you need to await"
        )
    return hook
