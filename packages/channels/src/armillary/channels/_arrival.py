"""How a reader waits for the next message: thousands of them wait at once, so it costs as little as can be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anyio import Event


class Arrival:
    """Wakes one reader, on asyncio by a future, which costs half of what an event does."""

    __slots__ = ("_event", "_future", "_loop")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._future: asyncio.Future[None] | None = None
        self._event: Event | None = None

    def notify(self) -> None:
        """Wake the reader, if one waits."""
        future, self._future = self._future, None
        if future is not None:
            if not future.done():  # else the reader was cancelled
                future.set_result(None)
        elif self._event is not None:
            self._event.set()
            self._event = None

    def wait(self) -> Awaitable[None]:
        """Return what to await at once: it ends after the next notification."""
        if self._loop is None:
            self._loop = _loop_of_asyncio()
        if self._loop is not None:
            self._future = future = self._loop.create_future()
            return future
        from anyio import Event

        event = self._event = Event()
        return event.wait()


def _loop_of_asyncio() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of the task that runs; None on trio."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop of asyncio runs
        return None
    return None if task is None else task.get_loop()
