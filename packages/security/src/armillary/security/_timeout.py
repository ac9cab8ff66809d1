"""A deadline for the whole response."""

from __future__ import annotations

import math

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send

from ._plain_text_response import send_plain_text


class ResponseTimeout(TimeoutError):
    """The deadline passed after the response had started; the server closes the connection."""


class TimeoutMiddleware:
    """Give every request a deadline that ends with the last byte of its response.

    Before the response has started, the application is cancelled and the client gets 504
    "Gateway Timeout". Afterwards the stream is cut: `ResponseTimeout` is raised, on which servers
    close the connection, so that no client takes a part for the whole. Background tasks, which run
    after the last byte, have no deadline here. WebSockets pass through.

    Args:
        app: the application to limit.
        seconds: from the request's arrival to the response's last byte.

    Raises:
        TypeError: a deadline that is not a number.
        ValueError: a deadline that is not above zero.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise TypeError(f"seconds is a number, got {seconds!r}")
        if not seconds > 0:
            raise ValueError(f"seconds must be above 0, got {seconds!r}; leave the middleware out for no deadline")
        self.app = app
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from anyio import move_on_after

        started = complete = expects_trailers = False

        async def send_and_watch(message: Message) -> None:
            nonlocal started, complete, expects_trailers
            if message["type"] == "http.response.start":
                # From here on there is no second start, even if the server never finishes with this one.
                started, expects_trailers = True, message.get("trailers", False)
            await send(message)
            if is_last(message, expects_trailers):
                complete = True
                deadline.deadline = math.inf

        with move_on_after(self.seconds) as deadline:
            await self.app(scope, receive, send_and_watch)
        if complete or not deadline.cancel_called:
            return
        if started:
            raise ResponseTimeout(f"the response to {scope['path']!r} was not complete after {self.seconds} s")
        await send_plain_text(scope, send, 504, "Gateway Timeout")


def is_last(message: Message, expects_trailers: bool) -> bool:
    """Return whether a message completes the response."""
    kind = message["type"]
    if kind == "http.response.trailers":
        return not message.get("more_trailers", False)
    ends = kind in ("http.response.body", "http.response.zerocopysend") and not message.get("more_body", False)
    return (ends or kind == "http.response.pathsend") and not expects_trailers
