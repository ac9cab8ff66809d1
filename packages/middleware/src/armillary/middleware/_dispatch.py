"""`async def dispatch(request, call_next)` without a child task or a memory stream.

The application is the host: it runs natively, in the task of the request. Dispatch is its guest.
It is driven to its `call_next`, then the application runs; when the application sends the start of
its response, dispatch is driven on inside that very `send`. If it returns the response it was
given, later messages pass straight through. If it reads the body, it is driven on with each part.

    call_next       dispatch stands still, the application runs
    send(start)     dispatch goes on with the response
    send(body)      passes through, or is given to a dispatch that reads the body
    return, raise   dispatch is told, if it still waits for something
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias, cast

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, is_async_callable
from armillary.http import Request, Response

from ._errors import ENDED, STRADDLES, CallNextError
from ._guest import Guest, Pause
from ._passing_response import NextMessage, PassingResponse


class CallNext(Protocol):
    """Run the application and wait for the start of its response.

    Args:
        request: the request to give it; its scope is the one the application gets.
        timeout: seconds to wait for the start; none by default.

    Raises:
        TimeoutError: the response had not started in time; the application was cancelled.
        CallNextError: awaited anywhere but in the dispatch coroutine.
    """

    def __call__(self, request: Request[Any], *, timeout: float | None = None) -> Awaitable[PassingResponse]: ...


Dispatch: TypeAlias = Callable[[Request[Any], Any], Awaitable[Response]]


class DispatchMiddleware:
    """Middleware as one coroutine: look at the request, call the application, change the response.

    Give a function, or subclass and override `dispatch`. Context variables flow both ways,
    exceptions of the application come out of `call_next` as they are, streams stay unbuffered,
    and a body read here is read again by the application. `call_next` may be skipped, or called
    again after a response that was not returned.

    Args:
        app: the application to wrap.
        dispatch: `async def dispatch(request, call_next)` returning a response; by default the
            method of that name.

    Raises:
        TypeError: the dispatch function is not async, or there is none.
        CallNextError: (at run time) `call_next` in another task, or a cancel scope of dispatch
            that straddles `call_next` and one of the application's.
    """

    request_class: type[Request[Any]] = Request

    def __init__(self, app: ASGIApp, dispatch: Dispatch | None = None) -> None:
        self.app = app
        self.dispatch_func: Dispatch = self.dispatch if dispatch is None else dispatch
        if dispatch is None and type(self).dispatch is DispatchMiddleware.dispatch:
            raise TypeError(f"{type(self).__name__} needs a dispatch function, or a subclass that overrides dispatch")
        if not is_async_callable(self.dispatch_func):
            raise TypeError(f"dispatch must be an async function of (request, call_next), got {dispatch!r}")

    async def dispatch(self, request: Request[Any], call_next: CallNext) -> Response:
        """Answer a request; override it in a subclass."""
        raise NotImplementedError(f"{type(self).__name__} does not override dispatch")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await Exchange(self.app, self.dispatch_func, self.request_class(scope, receive, send), send).run()


class RunApplication(Pause):
    """Awaited by dispatch in `call_next`; gives the start of the response."""

    __slots__ = ("request", "timeout")

    def __init__(self, guest: Guest[Any], request: Request[Any], timeout: float | None) -> None:
        super().__init__(guest)
        self.request = request
        self.timeout = timeout


class Exchange:
    """One request on its way through application and dispatch.

    `pause` is what dispatch waits for; None while it runs and after its end. `failure` is what it
    raised: an application may swallow what comes out of its `send`, the server must not.
    """

    def __init__(self, app: ASGIApp, dispatch: Dispatch, request: Request[Any], send: Send) -> None:
        self.app = app
        self.send = send
        self.guest = Guest(self.answer(dispatch, request))
        self.pause: Pause | None = None
        self.failure: BaseException | None = None
        self.started = False
        self.passes = False
        self.deadline: Any = None

    async def answer(self, dispatch: Dispatch, request: Request[Any]) -> PassingResponse | None:
        """Run dispatch and send its response. One whose body may pass by is returned instead."""
        response = await dispatch(request, self.call_next)
        if isinstance(response, PassingResponse) and response.is_untouched:
            return response
        app = cast(ASGIApp, response)
        if not callable(app):
            raise TypeError(f"dispatch returned {response!r}; it must return a response")
        await app(request.scope, request.receive, self.send)
        return None

    async def call_next(self, request: Request[Any], *, timeout: float | None = None) -> PassingResponse:
        start: Message = await RunApplication(self.guest, request, timeout)
        return PassingResponse(start, self.guest)

    async def run(self) -> None:
        try:
            await self.step()
            while isinstance(self.pause, RunApplication):
                await self.run_application(self.pause)
            if self.failure is not None:
                raise self.failure
            if self.guest.result is not None and self.guest.result.background is not None:
                await self.guest.result.background()
        finally:
            self.guest.close()

    async def run_application(self, call: RunApplication) -> None:
        """Run the application once, and tell dispatch of its end if dispatch still waits for it."""
        self.started = False
        error: BaseException | None = None
        try:
            if call.timeout is None:
                await self.app(call.request.scope, call.request.receive, self.relay)
            else:
                await self.run_within(call, call.timeout)
        except BaseException as exc:
            error = exc
        if self.pause is call or isinstance(self.pause, NextMessage):
            if error is None and not self.started:
                error = CallNextError(ENDED)
            await self.step(None, error)
        elif error is not None:
            raise self.failure or error

    async def run_within(self, call: RunApplication, timeout: float) -> None:
        from anyio import move_on_after

        with move_on_after(timeout) as self.deadline:
            await self.app(call.request.scope, call.request.receive, self.relay)
        if self.deadline.cancelled_caught:
            raise TimeoutError(f"the response to {call.request.scope['path']!r} had not started after {timeout} s")

    async def relay(self, message: Message) -> None:
        """Take a message from the application: pass it on, or drive dispatch on with it.

        What comes after dispatch has answered with something else is dropped.
        """
        if self.passes:
            await self.send(message)
        elif not self.started:
            if message["type"] != "http.response.start":
                await self.send(message)  # early hints and push come before the response
                return
            if self.deadline is not None:
                self.deadline.deadline = math.inf
            self.started = True
            await self.step(message)
        elif isinstance(self.pause, NextMessage):
            await self.step(message)

    async def step(self, answer: Any = None, error: BaseException | None = None) -> None:
        """Drive dispatch on; a response it leaves to pass by starts here."""
        self.pause = None
        try:
            self.pause = await self.guest.run(answer, error)
        except BaseException as exc:
            self.failure = exc
            if isinstance(exc, RuntimeError) and is_scope_corruption(exc):
                self.failure = CallNextError(STRADDLES)
                raise self.failure from exc
            raise
        if self.guest.finished and self.guest.result is not None:
            self.passes = True
            await self.send(self.guest.result.start_message())


def is_scope_corruption(exc: RuntimeError) -> bool:
    """Tell whether anyio or trio found cancel scopes closed out of order."""
    text = str(exc)
    return "cancel scope" in text.lower() and ("isn't the current" in text or "stack corrupted" in text)
