"""A deadline for the whole response."""

from __future__ import annotations

import math

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.exchange import HTTPExchange, Rejection, reject


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

        exchange = HTTPExchange(send)

        async def send_until_the_end(message: Message) -> None:
            await exchange.send(message)
            if exchange.ended:
                deadline.deadline = math.inf

        with move_on_after(self.seconds) as deadline:
            await self.app(scope, receive, send_until_the_end)
        if exchange.ended or not deadline.cancel_called:
            return
        if exchange.started:
            raise ResponseTimeout(f"the response to {scope['path']!r} was not complete after {self.seconds} s")
        await reject(scope, send, Rejection(504, "Gateway Timeout"))
