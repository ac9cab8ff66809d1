"""Checking, without waiting, whether the client has disconnected."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from armillary.asgi_types import CachedBody, Message, Receive

from ._received_body import BodyWatch

if TYPE_CHECKING:
    from anyio import CancelScope

_LOOP_ROUNDS = 5
"""Iterations of asyncio's loop before a pending `receive` is cancelled: middleware that passes
messages on through a queue needs a few."""

_TRIO_POLL_SECONDS = 0.001
"""Seconds given to `receive` on trio, whose loop iterations cannot be counted."""

MAX_UNREAD = 16
"""Messages of an unread body kept while polling; a client that sends more is connected."""


async def poll_disconnect(body: CachedBody, receive: Receive) -> None:
    """Take the messages that are already available.

    A disconnect is recorded in `body`; parts of the request body are kept there to be read. Does
    nothing if another task already waits for the disconnect.
    """
    if isinstance(body.unread, BodyWatch):
        return
    while not body.disconnected and len(body.unread) < MAX_UNREAD:
        message = await receive_now(receive)
        if message is None:
            return
        if message["type"] == "http.disconnect":
            body.disconnected = True
        else:
            body.unread = (*body.unread, message)


async def receive_now(receive: Receive) -> Message | None:
    """Return the message that is already available, or None."""
    from anyio import CancelScope, current_time

    message: Message | None = None
    with CancelScope() as scope:
        if on_asyncio():
            alarm = _RoundAlarm(scope, _LOOP_ROUNDS)
            try:
                message = await receive()
            finally:
                alarm.stop()
        else:
            # A scope cancelled beforehand would never reach a trio channel: its receive checks for
            # cancellation first.
            scope.deadline = current_time() + _TRIO_POLL_SECONDS
            message = await receive()
    return message


def on_asyncio() -> bool:
    """Return whether this task runs on asyncio, importing nothing."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


class _RoundAlarm:
    """Cancels a scope after some iterations of asyncio's event loop."""

    __slots__ = ("_handle", "_loop", "_rounds", "_scope")

    def __init__(self, scope: CancelScope, rounds: int) -> None:
        import asyncio

        self._scope = scope
        self._rounds = rounds
        self._loop = asyncio.get_running_loop()
        self._handle = self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._rounds -= 1
        if self._rounds:
            self._handle = self._loop.call_soon(self._tick)
        else:
            self._scope.cancel()

    def stop(self) -> None:
        """Stop counting; the scope is not cancelled."""
        self._handle.cancel()
