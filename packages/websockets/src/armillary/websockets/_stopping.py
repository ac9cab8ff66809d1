"""Closing a connection because the server stops."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from armillary.asgi_types import StopSignal

from ._websocket import WebSocket

GRACE_SECONDS: Final = 1.0


async def run_until_stopping(
    handler: Callable[[WebSocket], Awaitable[object]], websocket: WebSocket, stopping: StopSignal
) -> None:
    """Run `handler`; when the server stops, close with 1001 and cancel what still runs.

    The close alone ends most handlers: their next receive or send raises `WebSocketDisconnect`.
    The others are cancelled `GRACE_SECONDS` later.

    Args:
        handler: called with the connection.
        websocket: the connection.
        stopping: set when the server starts to stop.
    """
    from anyio import create_task_group, sleep

    failure: Exception | None = None
    async with create_task_group() as group:

        async def end_when_stopping() -> None:
            await stopping.wait()
            await websocket.go_away()
            await sleep(GRACE_SECONDS)
            await websocket.go_away()  # again, for a handler that has accepted since
            group.cancel_scope.cancel()

        group.start_soon(end_when_stopping)
        try:
            websocket.check_result(handler, await handler(websocket))
        except Exception as exc:
            failure = exc
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
