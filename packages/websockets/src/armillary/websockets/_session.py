"""A function of one WebSocket as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, find_scope_record, is_async_callable
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
        TypeError: `func` is not async.
        ValueError: an entry of `allow_origins` is not an origin.

    >>> async def greet(websocket: WebSocket) -> None:
    ...     await websocket.accept()
    ...     await websocket.send_text("hello")
    >>> app = websocket_session(greet)
    """
    if not is_async_callable(func):
        raise TypeError(f"websocket_session needs an async function, got {func!r}; declare it with `async def`")
    policy = None if allow_origins is None else OriginPolicy(allow_origins, check="session")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("endpoint", func)  # without a router
        websocket = websocket_class(scope, receive, send, limits=limits)
        if policy is not None:
            websocket.origin_policy = policy
        await run_session(func, websocket)

    app.endpoint = func  # type: ignore[attr-defined]
    app.keeps_record = True  # type: ignore[attr-defined]  # the interface in docs/scope-keys.md
    return app


async def run_session(func: Callable[[Any], Awaitable[None]], websocket: WebSocket) -> None:
    """Run `func(websocket)` and finish the connection."""
    websocket.caller_handles_exceptions = True
    record = find_scope_record(websocket.scope)
    stopping = record.get("stopping") if record else None
    try:
        if stopping is None:
            await func(websocket)
        else:
            from ._stopping import run_until_stopping

            await run_until_stopping(func, websocket, stopping)
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
