"""A subscription over a WebSocket of any framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

from armillary.concurrency import FairTurn, start_at_most
from armillary.exchange import close_reason
from armillary.websockets import WebSocket, WebSocketDisconnect

from ._errors import CursorError, SubscriberTooSlow
from ._message import ChannelMessage
from ._subscription import Subscription

_TOO_SLOW: Final = "messages were not taken fast enough"
_CLOSE_SECONDS: Final = 1.0
_UNACCEPTED: Final = ("CONNECTING", "init", "connect")  # of Starlette and ours; of Litestar


async def carry(
    websocket: Any,
    subscription: Subscription,
    on_text: Callable[[str], Awaitable[object]] | None,
    cursors: bool,
    send_timeout: float,
) -> None:
    """Run until the client disconnects, does not keep up, or the subscription ends."""
    from anyio import create_task_group

    try:
        await subscription.__aenter__()
    except CursorError as exc:
        await _accept(websocket)  # browsers show neither status nor body of a rejected handshake
        await _close(websocket, 1008, str(exc))
        return
    failure: Exception | None = None
    try:
        await _accept(websocket)
        async with create_task_group() as group:

            async def write() -> None:
                nonlocal failure
                try:
                    await _write(websocket, subscription, cursors, send_timeout)
                except Exception as exc:
                    failure = exc
                group.cancel_scope.cancel()

            # In a task of its own each message wakes the writer alone, and not all that the application has around it.
            group.start_soon(write)
            try:
                await _read(websocket, on_text)
            except Exception as exc:
                failure = exc
            group.cancel_scope.cancel()
    finally:
        await subscription.__aexit__(None, None, None)
    if failure is not None:
        raise failure


async def _accept(websocket: Any) -> None:
    state = getattr(websocket, "application_state", None) or getattr(websocket, "connection_state", None)
    if getattr(state, "name", state) in _UNACCEPTED:
        await websocket.accept()


async def _read(websocket: Any, on_text: Callable[[str], Awaitable[object]] | None) -> None:
    """Pass on what the client sends, until it disconnects."""
    while True:
        try:
            message = await websocket.receive()
        except WebSocketDisconnect:
            return
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if text is not None and on_text is not None:
            await on_text(text)


async def _write(websocket: Any, subscription: Subscription, cursors: bool, send_timeout: float) -> None:
    """Send what the subscription has, and close if it ends or the client is too slow."""
    code, reason = 1001, ""
    limit, turn = _limit_and_turn(websocket, send_timeout)
    try:
        while True:
            item = subscription.take()
            if item is None:
                more = subscription.more()
                if more is None:
                    break
                await more
                if turn is None:
                    websocket.record_turn()
                else:
                    turn.restart()
                continue
            if turn is not None and turn.is_due():
                await turn.give()
            text = item.text if isinstance(item, ChannelMessage) and not cursors else item.envelope
            if text.isascii():
                sent = websocket.send_text(text)
            else:  # not to be looked through for each client
                sent = websocket.send({"type": "websocket.send", "text": text})
            try:
                sending = sent if limit is None else start_at_most(limit, sent)
                if sending is not None:
                    await sending
            except WebSocketDisconnect:
                return
            except TimeoutError:
                code, reason = 1013, _TOO_SLOW
                break
            except Exception:
                # Each framework has an exception of its own for a client that has left: the reader ends by the
                # disconnect, and cancels this.
                from anyio import sleep

                await sleep(_CLOSE_SECONDS)
                raise
    except SubscriberTooSlow:
        code, reason = 1013, _TOO_SLOW
    await _close(websocket, code, reason)


def _limit_and_turn(websocket: Any, send_timeout: float) -> tuple[float | None, FairTurn | None]:
    """Return the time limit and the turns of the event loop that sending needs besides what the WebSocket has."""
    if not isinstance(websocket, WebSocket):
        return send_timeout, FairTurn()
    own = websocket.limits.send_timeout
    return (None if own is not None and own <= send_timeout else send_timeout), None


async def _close(websocket: Any, code: int, reason: str) -> None:
    """Send a close message; a client that takes nothing is left to the server."""
    from anyio import move_on_after

    with move_on_after(_CLOSE_SECONDS):
        await websocket.close(code, close_reason(reason))
