"""A deadline for the whole response.

At the deadline the application is cancelled, in its own task. What the client gets depends on what it then does:

    it ends                             504 at the deadline
    it waits for the request's body     408 at the deadline: the client is late
    a thread of it runs on              504 at the deadline, sent while it waits for the thread
    it goes on all the same             504 once it returns; a response it sends meanwhile is dropped
    its response has started            the connection is closed, by an error

Whatever it does, it ends before this middleware returns, so what it holds, such as a form, a session, a transaction or
a place in a limiter, is held as long as its thread uses it and then closed by the application itself.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from logging import getLogger
from typing import TYPE_CHECKING, Any

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.concurrency import cancelled_in_thread
from armillary.exchange import HTTPExchange, Rejection, reject

if TYPE_CHECKING:
    from anyio import CancelScope

_log = getLogger("armillary.resilience")


class ResponseTimeout(TimeoutError):
    """The deadline passed after the response had started; the server closes the connection."""


class TimeoutMiddleware:
    """Give every request a deadline that ends with the last byte of its response.

    Before the response has started, the application is cancelled and the client gets 504
    "Gateway Timeout"; 408 "Request Timeout" if the application waits for the request's body. Afterwards the
    stream is cut: `ResponseTimeout` is raised, on which servers close the connection, so that no client takes a
    part for the whole. Background tasks, which run after the last byte, have no deadline here. WebSockets pass
    through.

    A function in a thread cannot be cancelled. The client gets its 504 at the deadline, while the request keeps its
    place in the limiter, its form, session and transaction until the function returns. An async function that goes on
    after its cancellation delays the 504 until it returns; its response is dropped. Both are logged once.

    Args:
        app: the application to limit.
        seconds: from the request's arrival to the response's last byte.

    Raises:
        TypeError: a deadline that is not a number.
        ValueError: a deadline that is not above zero.

    Attributes:
        overrunning: how many requests run now though their deadline has passed.
        overruns: how many have done so since the start.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise TypeError(f"seconds is a number, got {seconds!r}")
        if not seconds > 0:
            raise ValueError(f"seconds must be above 0, got {seconds!r}; leave the middleware out for no deadline")
        self.app = app
        self.seconds = seconds
        self.overrunning = 0
        self.overruns = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        from anyio import move_on_after

        deadline = move_on_after(self.seconds)
        timed = _TimedRequest(self, deadline, scope, receive, send)
        token = cancelled_in_thread.set(timed.respond_meanwhile)
        try:
            with deadline:
                await self.app(scope, timed.receive, timed.send)
            await timed.respond()
        except Exception as exc:
            if not timed.drops:
                raise
            await timed.respond()
            if exc is not timed.stop:
                raise
        finally:
            cancelled_in_thread.reset(token)
            timed.end()


class _TimedRequest:
    """One request and its deadline."""

    def __init__(
        self, middleware: TimeoutMiddleware, deadline: CancelScope, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.middleware = middleware
        self.deadline = deadline
        self.scope = scope
        self.exchange = HTTPExchange(send)
        self.outer_hook: Callable[[], Awaitable[None]] | None = cancelled_in_thread.get()
        self.drops = False  # whether a response of the application comes too late
        self.overruns = False  # whether it is counted as running beyond its deadline
        self.has_ended = False
        self.stop: ResponseTimeout | None = None  # what stopped a response that is dropped
        self._receive = receive
        self._has_body = False  # whether the whole body has come
        self._client_is_late = False

    async def receive(self) -> Message:
        try:
            message = await self._receive()
        except BaseException:
            self._client_is_late = not self._has_body and self.deadline.cancel_called
            raise
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._has_body = True
        return message

    async def send(self, message: Message) -> None:
        exchange = self.exchange
        if not exchange.started and not self.drops:
            self.drops = self.is_over()
        if self.drops:
            await self.drop(message)
            return
        await exchange.send(message)
        if exchange.ended:
            self.deadline.deadline = math.inf

    def is_over(self) -> bool:
        """Return whether the deadline has passed, also if a busy event loop has not yet cancelled the application."""
        from anyio import current_time

        return self.deadline.cancel_called or current_time() >= self.deadline.deadline

    async def drop(self, message: Message) -> None:
        """Drop a message, and cancel the application once more."""
        from anyio.lowlevel import checkpoint

        self.overrun("it went on after its cancellation, and its response was dropped")
        self.deadline.cancel()
        await checkpoint()
        if message.get("more_body", False):  # it is shielded, and would perhaps never end
            self.stop = self.timeout()
            raise self.stop

    async def respond_meanwhile(self) -> None:
        """Send the 504 in the task of the application, which waits for a thread."""
        if self.outer_hook is not None:
            await self.outer_hook()
        if self.has_ended or self.exchange.ended or not self.deadline.cancel_called:
            return
        self.overrun("its thread cannot be cancelled, and the request holds what it uses until the thread returns")
        if not self.exchange.started:
            self.drops = True
            with suppress(OSError):  # the client has left
                await self.reject()

    def overrun(self, reason: str) -> None:
        """Count and log, once, that the application runs on."""
        if self.overruns:
            return
        self.overruns = True
        self.middleware.overruns += 1
        self.middleware.overrunning += 1
        endpoint: Any = self.scope.get("endpoint")
        name = getattr(endpoint, "__qualname__", None) or repr(endpoint or self.middleware.app)
        _log.warning(
            "%s %s: %s runs beyond its deadline of %g s: %s",
            self.scope.get("method", ""),
            self.scope["path"],
            name,
            self.middleware.seconds,
            reason,
        )

    def end(self) -> None:
        self.has_ended = True
        if self.overruns:
            self.middleware.overrunning -= 1

    async def respond(self) -> None:
        """Send what is due to the client after the application has ended."""
        exchange = self.exchange
        if exchange.ended or not self.deadline.cancel_called:
            return
        if exchange.started:
            raise self.timeout()
        if not self.deadline.cancelled_caught:
            self.overrun("it went on after its cancellation")
        await self.reject()

    async def reject(self) -> None:
        rejection = Rejection(408, "Request Timeout") if self._client_is_late else Rejection(504, "Gateway Timeout")
        await reject(self.scope, self.exchange.send, rejection)

    def timeout(self) -> ResponseTimeout:
        return ResponseTimeout(
            f"the response to {self.scope['path']!r} was not complete after {self.middleware.seconds} s"
        )
