"""How readers wait for the next message: thousands of them wait at once, so it costs as little as can be.

On asyncio each reader has one future for all its waits, and those that are notified together are woken by one callback.
With a new future for each wait, and a callback for each that is woken, so much is made at once and lives until the next
message that Python looks through all objects of the process every few messages; with thousands of readers that takes
longer than to send a message to all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from contextvars import Context

    from anyio import Event


class Arrivals:
    """Wakes the readers that are notified in one turn of the event loop together, in the next turn."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._due: list[Reader] = []

    def add(self, reader: Reader) -> None:
        """Wake a reader."""
        if not self._due or self._loop is not reader.loop:  # else they were those of an event loop that has ended
            self._loop = reader.loop
            self._due = []
            reader.loop.call_soon(self._wake, self._due)
        self._due.append(reader)

    def _wake(self, due: list[Reader]) -> None:
        if due is self._due:
            self._due = []
        due.reverse()
        try:
            while due:
                due.pop().wake()
        finally:
            for reader in reversed(due):  # after one that ends the program
                self.add(reader)


class Arrival:
    """Wakes one reader.

    Args:
        arrivals: of all readers of the process.
    """

    __slots__ = ("_arrivals", "_event", "_reader")

    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals
        self._reader: Reader | None = None
        self._event: Event | None = None

    def notify(self) -> None:
        """Wake the reader, if one waits."""
        if self._reader is not None:
            self._reader.notify()
        elif self._event is not None:
            self._event.set()
            self._event = None

    def wait(self) -> Awaitable[None]:
        """Return what to await at once: it ends after the next notification."""
        if self._reader is not None:
            return self
        loop = _loop_of_asyncio()
        if loop is not None:
            self._reader = Reader(self._arrivals, loop)
            return self
        from anyio import Event

        event = self._event = Event()
        return event.wait()

    def __await__(self) -> Generator[Any, None, None]:
        assert self._reader is not None  # only `wait` returns this
        steps: Generator[Any, None, None] = self._reader.begin()
        return steps


class Reader:
    """What the task of one reader waits for; a task of asyncio takes whatever has the methods of a future.

    It is awaited again and again: from `begin` on, until the callback that the task has added is called.
    """

    __slots__ = ("_arrivals", "_asyncio_future_blocking", "_callback", "_cancelled", "_context", "_is_due", "loop")

    def __init__(self, arrivals: Arrivals, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._arrivals = arrivals
        self._asyncio_future_blocking = False
        self._callback: Callable[[Any], object] | None = None
        self._context: Context | None = None
        self._is_due = False
        self._cancelled: asyncio.CancelledError | None = None

    def notify(self) -> None:
        """Wake the task, if it waits."""
        if self._callback is not None and not self._is_due:
            self._is_due = True
            self._arrivals.add(self)

    def wake(self) -> None:
        """Call the task back."""
        callback, context = self._callback, self._context
        self._callback = self._context = None
        self._is_due = False
        if callback is not None and context is not None:
            context.run(callback, self)

    # What `await` does: it passes the reader to the task, and ends when that goes on.

    def begin(self) -> Any:
        """Return the iterator of one `await`."""
        self._asyncio_future_blocking = True
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Self:
        if self._asyncio_future_blocking:
            return self
        raise StopIteration

    # What the task asks of a future

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop, which must be that of the task."""
        return self.loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: Context) -> None:
        """Wait: the callback lets the task go on."""
        self._callback = callback
        self._context = context
        self._cancelled = None

    def cancel(self, msg: Any = None) -> bool:
        """Wake the task with a cancellation; False if it is woken already, and so cancels itself."""
        if self._callback is None or self._is_due:
            return False
        self._cancelled = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self.notify()
        return True

    def result(self) -> None:
        """Raise the cancellation, if there was one."""
        cancelled, self._cancelled = self._cancelled, None
        if cancelled is not None:
            raise cancelled


def _loop_of_asyncio() -> asyncio.AbstractEventLoop | None:
    """Return the event loop of the task that runs; None on trio."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop of asyncio runs
        return None
    return None if task is None else task.get_loop()
