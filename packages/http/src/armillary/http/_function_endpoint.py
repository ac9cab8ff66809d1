"""Functions of a request as ASGI applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, is_async_callable

from ._data_response import data_response
from ._exception_handling import handle_exception
from ._request import Request
from ._response import Response
from ._start_tracking import recording_send

# A plain response fails only in `send`, so it runs outside the endpoint's `try`.
_BASE_CALL = Response.__call__


USUALLY_BODILESS = frozenset(("GET", "HEAD"))
"""Methods whose requests are not searched for a Content-Length before the endpoint is called, since they have no body;
one that has is limited when it is read."""


async def send_other_response(response: Any, endpoint: Any, scope: Scope, receive: Receive, send: Send) -> None:
    """Run a response other than the plain one, recording its start in the scope record; send data as JSON."""
    if isinstance(response, type) or not callable(response):
        response = data_response(response, endpoint)
    await cast(ASGIApp, response)(scope, receive, recording_send(response, scope, send))


async def close_form(request: Request[Any]) -> None:
    """Close the files of a finished request, even if it was cancelled."""
    form = request.parsed_form
    if form is not None and request.closes_form:
        try:
            await request.close()
        except BaseException:
            form.close_now()
            raise


def wrap_async(
    func: Callable[[Any], Awaitable[Any]], request_class: type[Request[Any]], endpoint: Any = None
) -> ASGIApp:
    """Return the application that calls an async function and sends its response.

    Args:
        func: called with a request of `request_class`.
        request_class: as given.
        endpoint: what errors name as the endpoint, by default `func`.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = request_class(scope, receive, send)
        try:
            try:
                if scope["method"] not in USUALLY_BODILESS:
                    request.check_declared_size()
                response = await func(request)
                call: Any = type(response).__call__
                if call is not _BASE_CALL:
                    await send_other_response(response, endpoint or func, scope, receive, send)
                    return
            except Exception as exc:
                if not await handle_exception(request, exc, receive, send):
                    raise
                return
            await call(response, scope, receive, send)
        finally:
            if request.parsed_form is not None:
                await close_form(request)

    return app


def _wrap_sync(func: Callable[[Any], Any], request_class: type[Request[Any]]) -> ASGIApp:
    from armillary.concurrency import run_in_threadpool

    async def call_in_thread(request: Any) -> Any:
        return await run_in_threadpool(func, request)

    return wrap_async(call_in_thread, request_class, func)


def request_response(func: Callable[[Any], Any], *, request_class: type[Request[Any]] = Request) -> ASGIApp:
    """Make an ASGI application of a function that takes a request and returns a response.

    A function that is not async runs in a worker thread. Exceptions go to the handlers the
    application registered; an `HTTPException` without a handler is sent as plain text, any other
    exception is raised.

    Args:
        func: `func(request)` returning a `Response` or any other ASGI application.
        request_class: the class of the request passed to `func`.

    Raises:
        TypeError: `func` is not callable.

    >>> async def hello(request):
    ...     return Response("hello")
    >>> app = request_response(hello)
    """
    if not callable(func):
        raise TypeError(f"request_response takes a function of a request, got {func!r}")
    app = wrap_async(func, request_class) if is_async_callable(func) else _wrap_sync(func, request_class)
    if getattr(getattr(func, "func", func), "reads_scope_endpoint", False):  # of a partial, its function
        app = _name_endpoint(app, func)
    app.endpoint = func  # type: ignore[attr-defined]
    app.keeps_record = True  # type: ignore[attr-defined]  # the interface in docs/scope-keys.md
    return app


def _name_endpoint(app: ASGIApp, func: Callable[[Any], Any]) -> ASGIApp:
    """Put a function that reads `scope["endpoint"]` there, if no router did."""

    async def app_without_router(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("endpoint", func)
        await app(scope, receive, send)

    return app_without_router
