"""How an exception raised by a WebSocket handler is handled.

The application's exception handlers come first. Without one, each known exception maps to
a close code once the connection is accepted, and to an HTTP response before that.
"""

from __future__ import annotations

from typing import Any, cast

from armillary.asgi_types import HTTPException, WebSocketException, is_async_callable
from armillary.exchange import close_code, native_exception, registered_handler, reject, rejection_of

from ._exceptions import WebSocketDisconnect, closing_of
from ._state import WebSocketState
from ._websocket import WebSocket


async def handle_exception(websocket: WebSocket, exc: Exception) -> bool:
    """Handle `exc` on this connection, or return False if nothing handles it.

    A handler registered for the exception is called with `(websocket, exc)`; a response that it
    returns before accept is sent as the denial response, after it the connection is closed with 1008, or with 1011
    for a status of 500 and above. Otherwise a `WebSocketException` closes
    with its code, an `HTTPException` rejects the handshake (after accept it closes with 1008, or with
    1011 for a status of 500 and above), and a `WebSocketDisconnect` needs nothing.

    Args:
        websocket: the connection.
        exc: what its handler raised.
    """
    handler = registered_handler(websocket.scope, exc)
    if handler is not None:
        await _call_handler(handler, websocket, exc)
        return True
    exc = native_exception(exc)
    if isinstance(exc, HTTPException) and websocket.application_state is WebSocketState.CONNECTING:
        if websocket.client_state is WebSocketState.CONNECTING:
            await websocket.receive()
        await reject(websocket.scope, websocket.send, rejection_of(exc))
    elif isinstance(exc, (HTTPException, WebSocketException)):
        await _close(websocket, exc)
    else:
        return _is_disconnect(exc)
    return True


def _is_disconnect(exc: Exception) -> bool:
    """Return whether `exc` is only a disconnect, perhaps raised in several tasks of the handler at once."""
    if isinstance(exc, ExceptionGroup):
        group = cast("ExceptionGroup[Exception]", exc)
        return group.split(WebSocketDisconnect)[1] is None
    return isinstance(exc, WebSocketDisconnect)


async def _call_handler(handler: Any, websocket: WebSocket, exc: Exception) -> None:
    if is_async_callable(handler):
        response = await handler(websocket, exc)
    else:
        from armillary.concurrency import run_in_threadpool

        response = await run_in_threadpool(handler, websocket, exc)
    if response is not None:
        await websocket.send_handler_response(response, close_code(getattr(response, "status_code", 500)))


async def _close(websocket: WebSocket, exc: Exception) -> None:
    state = websocket.application_state
    if state is WebSocketState.CONNECTED or state is WebSocketState.CONNECTING:
        await websocket.close(*closing_of(exc))
