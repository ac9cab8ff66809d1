"""`async def dispatch(request, call_next)` without a child task or a memory stream.

The application runs natively, in the task of the request. Dispatch is a suspendable coroutine: it
runs to its `call_next`, then the application runs; when the application sends the start of its
response, dispatch is resumed before that `send` returns. If it returns the response it was given,
later messages pass straight through. If it reads the body, it is resumed with each part.

    call_next       dispatch is suspended, the application runs
    send(start)     dispatch is resumed with the response
    send(body)      passes through, or resumes a dispatch that reads the body
    return, raise   dispatch is resumed, if it is still suspended

The application runs in a copy of the context: what was current at `call_next` stays current for its
body and its background work, whatever dispatch resets meanwhile. What the application changes is
carried to dispatch each time dispatch is resumed, and to the caller at the end. For that the
application is suspended too while dispatch runs; only where it sends from a task that it started,
dispatch is resumed in that task.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import copy_context
from typing import Any, Protocol, TypeAlias, cast

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, describe_function, is_async_callable
from armillary.exchange import HTTPExchange
from armillary.http import Request, Response

from ._context_changes import ContextChanges
from ._errors import NO_RESPONSE, OVERLAPPING_SCOPES, CallNextError
from ._passing_response import NextMessage, PassingResponse
from ._suspendable import SuspendableCoroutine, Suspension


def _no_response(dispatch: Any, returned: Any) -> TypeError:
    """Return the error of a dispatch function that returned something else than a response."""
    hint = "write `return await call_next(request)`" if returned is None else "return a Response"
    if isinstance(returned, Coroutine):
        returned.close()  # one that nobody awaits warns
        hint = "await it, as in `return await call_next(request)`"
    return TypeError(f"dispatch {describe_function(dispatch)} returned {returned!r:.80}; {hint}")


class CallNext(Protocol):
    """Run the application and wait for the start of its response.

    Args:
        request: the request to pass on; its scope is the one the application gets.
        timeout: seconds to wait for the start; no limit by default.

    Raises:
        TimeoutError: the response had not started in time; the application was cancelled.
        CallNextError: awaited anywhere but in the dispatch coroutine.
    """

    def __call__(self, request: Request[Any], *, timeout: float | None = None) -> Awaitable[PassingResponse]: ...


Dispatch: TypeAlias = Callable[[Request[Any], Any], Awaitable[Response]]


class DispatchMiddleware:
    """Middleware as one coroutine: look at the request, call the application, change the response.

    Give a function, or subclass and override `dispatch`. Exceptions of the application come out of
    `call_next` as they are, streams stay unbuffered, and a body read here is read again by the
    application. `call_next` may be skipped, or called again after a response that was not returned.
    Context variables flow both ways; those that are current at `call_next` stay so for the
    application's body and background work.

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
            raise TypeError(
                "dispatch must be an async function of (request, call_next), and "
                f"{describe_function(self.dispatch_func)} is not: write async def"
            )

    async def dispatch(self, request: Request[Any], call_next: CallNext) -> Response:
        """Return the response to a request; override it in a subclass."""
        raise NotImplementedError(f"{type(self).__name__} does not override dispatch")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await CallNextExchange(self.app, self.dispatch_func, self.request_class(scope, receive, send), send).run()


class RunApplication(Suspension):
    """Awaited by dispatch in `call_next`; gives the start of the response."""

    __slots__ = ("request", "timeout")

    def __init__(self, coroutine: SuspendableCoroutine[Any], request: Request[Any], timeout: float | None) -> None:
        super().__init__(coroutine)
        self.request = request
        self.timeout = timeout


class HandedMessage(Suspension):
    """Awaited by the application in `send`, while dispatch is resumed with its message."""

    __slots__ = ("message",)

    def __init__(self, coroutine: SuspendableCoroutine[Any], message: Message) -> None:
        super().__init__(coroutine)
        self.message = message


class CallNextExchange:
    """One request on its way through application and dispatch.

    `suspension` is what dispatch waits for; None while it runs and after its end. `failure` is what
    it raised: an application may swallow what comes out of its `send`, the server must not.
    """

    def __init__(self, app: ASGIApp, dispatch: Dispatch, request: Request[Any], send: Send) -> None:
        self.app = app
        self.send = send
        self.coroutine = SuspendableCoroutine(self.run_dispatch(dispatch, request))
        self.suspension: Suspension | None = None
        self.failure: BaseException | None = None
        self.tracker = HTTPExchange()
        self.application: SuspendableCoroutine[None]
        self.passes_through = False
        self.deadline: Any = None

    async def run_dispatch(self, dispatch: Dispatch, request: Request[Any]) -> PassingResponse | None:
        """Run dispatch and send its response. A response that may pass through is returned instead."""
        response = await dispatch(request, self.call_next)
        if isinstance(response, PassingResponse) and response.is_untouched:
            return response
        app = cast(ASGIApp, response)
        if not callable(app):
            raise _no_response(dispatch, response)
        await app(request.scope, request.receive, self.send)
        return None

    async def call_next(self, request: Request[Any], *, timeout: float | None = None) -> PassingResponse:
        start: Message = await RunApplication(self.coroutine, request, timeout)
        return PassingResponse(start, self.coroutine, self.tracker)

    async def run(self) -> None:
        try:
            await self.step()
            while isinstance(self.suspension, RunApplication):
                await self.run_application(self.suspension)
            if self.failure is not None:
                raise self.failure
            if self.coroutine.result is not None and self.coroutine.result.background is not None:
                await self.coroutine.result.background()
        finally:
            self.coroutine.close()

    async def run_application(self, call: RunApplication) -> None:
        """Run the application once, then resume dispatch if it is still suspended."""
        self.tracker = HTTPExchange()
        error: BaseException | None = None
        try:
            if call.timeout is None:
                await self.run_in_context(call.request)
            else:
                await self.run_within(call, call.timeout)
        except BaseException as exc:
            error = exc
        if self.suspension is call or isinstance(self.suspension, NextMessage):
            if error is None and not self.tracker.started:
                error = CallNextError(NO_RESPONSE)
            await self.step(None, error)
        elif error is not None:
            raise self.failure or error

    async def run_within(self, call: RunApplication, timeout: float) -> None:
        from anyio import move_on_after

        with move_on_after(timeout) as self.deadline:
            await self.run_in_context(call.request)
        if self.deadline.cancelled_caught:
            raise TimeoutError(f"the response to {call.request.scope['path']!r} had not started after {timeout} s")

    async def run_in_context(self, request: Request[Any]) -> None:
        """Run the application in a copy of the context, and dispatch in between in this one."""

        async def run_app() -> None:
            await self.app(request.scope, request.receive, self.relay)

        context = copy_context()
        changes = ContextChanges(context)
        application = self.application = SuspendableCoroutine(run_app(), context)
        try:
            handed = await application.resume()
            while isinstance(handed, HandedMessage):
                changes.apply()
                error: BaseException | None = None
                try:
                    await self.step(handed.message)
                except BaseException as exc:
                    error = exc  # raised in the application's `send`
                handed = await application.resume(None, error)
        finally:
            application.close()
            changes.apply()

    async def relay(self, message: Message) -> None:
        """Take a message from the application: pass it on, or resume dispatch with it.

        What comes after dispatch has sent another response is dropped.
        """
        if self.passes_through:
            await self.send(message)
            return
        was_started = self.tracker.started
        self.tracker.feed(message)
        if not self.tracker.started:
            await self.send(message)  # early hints and push come before the response
            return
        if not was_started and self.deadline is not None:
            self.deadline.deadline = math.inf
        if was_started and not isinstance(self.suspension, NextMessage):
            return
        if self.application.stepping:
            await HandedMessage(self.application, message)
        else:
            await self.step(message)

    async def step(self, value: Any = None, error: BaseException | None = None) -> None:
        """Resume dispatch; if it returns a response that may pass through, send its start."""
        self.suspension = None
        try:
            self.suspension = await self.coroutine.resume(value, error)
        except BaseException as exc:
            self.failure = exc
            if isinstance(exc, RuntimeError) and is_scope_corruption(exc):
                self.failure = CallNextError(OVERLAPPING_SCOPES)
                raise self.failure from exc
            raise
        if self.coroutine.finished and self.coroutine.result is not None:
            self.passes_through = True
            await self.send(self.coroutine.result.start_message())


def is_scope_corruption(exc: RuntimeError) -> bool:
    """Return whether anyio or trio found cancel scopes closed out of order."""
    text = str(exc)
    return "cancel scope" in text.lower() and ("isn't the current" in text or "stack corrupted" in text)
