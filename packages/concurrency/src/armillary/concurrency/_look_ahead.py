"""Looking for a message that has come, without waiting for one and without losing any.

Rules
-----
1. A look waits for a few turns of the event loop at most.
2. It loses no message. Servers differ in what a cancelled `receive` does: granian drops the next message. So on asyncio
   a task receives, which is kept from one look to the next, and is what the next `receive` waits for. Under trio a
   cancelled `receive` has taken nothing.
3. That task ends with the first of these: a message, as a server sends one at the end of each exchange; `stop()`; and
   the end of the task that first looked, which is the one that the server runs the application in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from armillary.asgi_types import Message, Receive

from ._event_loop import asyncio_task
from ._turn import yield_to_loop

if TYPE_CHECKING:
    from asyncio import Task

_LOOP_ROUNDS: Final = 5
"""Turns of asyncio's loop that a look waits: middleware that passes messages on through a queue needs a few."""

_TRIO_SECONDS: Final = 0.001
"""What a look waits under trio, whose turns cannot be counted."""


class LookAhead:
    """The `receive` of one connection, with a look for what has come; one task at a time may use either.

    Args:
        receive: the server's.

    >>> import anyio
    >>> async def main():
    ...     return await LookAhead(anyio.sleep_forever).look()
    >>> anyio.run(main) is None
    True
    """

    __slots__ = ("_is_watched", "_receive", "_task")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task: Task[Message] | None = None
        self._is_watched = False

    async def look(self) -> Message | None:
        """Return a message that has come, or None."""
        looking = asyncio_task()
        if looking is None:
            return await self._look_on_trio()
        task = self._task
        if task is None:
            task = self._task = looking.get_loop().create_task(_message_of(self._receive))
            if not self._is_watched:
                self._is_watched = True
                looking.add_done_callback(self.stop)
        for _ in range(_LOOP_ROUNDS):
            if task.done():
                return self._taken(task)
            await yield_to_loop()
        return self._taken(task) if task.done() else None

    async def receive(self) -> Message:
        """Return the next message, also one for which a look has waited in vain."""
        task = self._task
        if task is None:
            return await self._receive()
        from asyncio import wait

        await wait((task,))  # which does not cancel it
        return self._taken(task)

    def stop(self, ended: object = None) -> None:
        """End the task, as nothing more will be received."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def _taken(self, task: Task[Message]) -> Message:
        self._task = None
        return task.result()

    async def _look_on_trio(self) -> Message | None:
        from anyio import move_on_after

        # A scope cancelled beforehand would never reach a trio channel: its receive checks for cancellation first.
        with move_on_after(_TRIO_SECONDS):
            return await self._receive()
        return None


async def _message_of(receive: Receive) -> Message:
    return await receive()
