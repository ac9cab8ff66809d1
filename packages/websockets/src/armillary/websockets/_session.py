"""A function of one WebSocket as an ASGI application."""

from __future__ import annotations

import builtins
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, Final, TypeVar, get_origin

from armillary.asgi_types import (
    ASGIApp,
    Receive,
    Scope,
    Send,
    StopSignal,
    annotations_of,
    describe_function,
    find_scope_record,
    is_async_callable,
)
from armillary.exchange import OriginPolicy

from ._exception_handling import handle_exception
from ._exceptions import WebSocketDisconnect
from ._limits import WebSocketLimits
from ._state import WebSocketState
from ._websocket import WebSocket


def websocket_session(
    func: Callable[[Any], Awaitable[None]],
    *,
    websocket_class: type[WebSocket] = WebSocket,
    limits: WebSocketLimits | None = None,
    allow_origins: Iterable[str] | None = None,
) -> ASGIApp:
    """Return an ASGI application that calls `func(websocket)` for each connection.

    A `WebSocketException` leaving the function closes with its code; an `HTTPException` before
    accept rejects the handshake with its response, and after it closes with 1008 (4xx) or 1011
    (5xx); a `WebSocketDisconnect` is the normal end. Handlers that the application registered for
    an exception come first. Any other exception closes with 1011 and is raised. A connection left
    open is closed with 1000, and with 1001 when the server stops.

    Args:
        func: an async function of the connection.
        websocket_class: the class of its argument.
        limits: those of each connection; by default those of the class.
        allow_origins: origins, besides the server's own, whose pages may open a connection with a
            session or user, such as "https://app.example.com"; by default those of the class: none.

    Raises:
        TypeError: `func` is not async, or declares to return a value.
        ValueError: an entry of `allow_origins` is not an origin.

    >>> async def greet(websocket: WebSocket) -> None:
    ...     await websocket.accept()
    ...     await websocket.send_text("hello")
    >>> app = websocket_session(greet)
    """
    check_websocket_function(func, websocket_class)
    return _Session(func, websocket_class, limits, allow_origins)


_NO_VALUE: Final = frozenset(("None", "NoneType", "Never", "NoReturn", "Any", "object", ""))


def check_websocket_function(func: Callable[..., Any], websocket_class: type[WebSocket[Any]] = WebSocket) -> None:
    """Check a function of a WebSocket.

    Raises:
        TypeError: it is not async, or declares to return a value, which nobody would get.

    >>> async def count(websocket: WebSocket) -> int: ...
    >>> check_websocket_function(count)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    TypeError: count (...): nobody gets the int that it returns: send it, as by send_json(...), and write `-> None`
    """
    if not is_async_callable(func):
        raise TypeError(
            f"{describe_function(func)}: a function of a WebSocket must be async: declare it with `async def`"
        )
    declared = _declared_result(func)
    text = declared if isinstance(declared, str) else getattr(declared, "__name__", None) or repr(declared)
    if websocket_class.rejects_results and text.rpartition(".")[2] not in _NO_VALUE:
        raise TypeError(
            f"{describe_function(func)}: nobody gets the {text} that it returns: send it, as by send_json(...), and "
            "write `-> None`"
        )


def _declared_result(func: Callable[..., Any]) -> Any:
    """Return what a function declares to return; "" if that is unknown: a type variable, a name not found here, or what
    a decorator's wrapper, which may have sent it, has from the function inside."""
    if hasattr(func, "__wrapped__"):
        return ""
    declared: Any = annotations_of(func).get("return", "")
    if isinstance(declared, str):
        name = declared.strip("'\" ")
        names: dict[str, Any] = getattr(getattr(func, "func", func), "__globals__", {})
        declared = names.get(name, getattr(builtins, name, "")) if name.isidentifier() else name
    if get_origin(declared) is Annotated:
        declared = declared.__origin__
    return "" if isinstance(declared, TypeVar) else declared


class _Session:
    """The application; an object, since a route takes a function for one of a WebSocket.

    Attributes:
        endpoint: the function.
        keeps_record: the interface in docs/scope-keys.md.
    """

    keeps_record = True

    def __init__(
        self,
        func: Callable[[Any], Awaitable[None]],
        websocket_class: type[WebSocket],
        limits: WebSocketLimits | None,
        allow_origins: Iterable[str] | None,
    ) -> None:
        self.endpoint = func
        self._websocket_class = websocket_class
        self._limits = limits
        self._policy = None if allow_origins is None else OriginPolicy(allow_origins, check="session")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("endpoint", self.endpoint)  # without a router
        websocket = self._websocket_class(scope, receive, send, limits=self._limits)
        if self._policy is not None:
            websocket.origin_policy = self._policy
        await run_session(self.endpoint, websocket)


async def _run_handler(
    func: Callable[[Any], Awaitable[object]], websocket: WebSocket, stopping: StopSignal | None
) -> None:
    try:
        if stopping is None:
            websocket.check_result(func, await func(websocket))
        else:
            from ._stopping import run_until_stopping

            await run_until_stopping(func, websocket, stopping)
    finally:
        websocket.stop_looking()


async def run_session(func: Callable[[Any], Awaitable[object]], websocket: WebSocket) -> None:
    """Run `func(websocket)` and finish the connection."""
    websocket.caller_handles_exceptions = True
    record = find_scope_record(websocket.scope)
    stopping = record.get("stopping") if record else None
    try:
        await _run_handler(func, websocket, stopping)
    except Exception as exc:
        try:
            handled = await handle_exception(websocket, exc)
        except WebSocketDisconnect:
            handled = True  # The peer has disconnected meanwhile.
        except Exception:
            await websocket.fail()
            raise
        if not handled:
            await websocket.fail()
            raise
    if websocket.closes_after_handler and websocket.application_state is not WebSocketState.DISCONNECTED:
        await websocket.finish()
