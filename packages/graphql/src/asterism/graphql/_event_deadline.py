"""The time limit on what is done for one event of a subscription."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from strawberry.extensions import SchemaExtension

END: Any = object()
"""What `EventDeadline.result` returns where there is none any more."""

_current: ContextVar[EventDeadline | None] = ContextVar("event_deadline", default=None)


class EventDeadline:
    """Runs while a subscription begins and while the resolvers of an event do, else stands still.

    Args:
        seconds: how long they may take.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._running: asyncio.Timeout | None = None

    @contextmanager
    def watching(self) -> Generator[None]:
        """Let the extension of an operation that begins inside know this deadline."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    async def result(self, results: AsyncGenerator[Any]) -> Any:
        """Return the next result, or `END`.

        Raises:
            TimeoutExpired: its resolvers took too long; they were cancelled, and so was the source.
        """
        deadline = self._running = asyncio.timeout(None)
        try:
            async with deadline:
                return await anext(results, END)
        except TimeoutError as exc:
            if deadline.expired():
                raise TimeoutExpired(self.seconds) from exc
            raise
        finally:
            self._running = None

    def begin(self) -> None:
        """Let the time run: an event has come."""
        if self._running is not None:
            self._running.reschedule(asyncio.get_running_loop().time() + self.seconds)

    def stand_still(self) -> None:
        """Stop the time: the next event is waited for."""
        if self._running is not None:
            self._running.reschedule(None)


class TimeoutExpired(Exception):
    """An event's resolvers took longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class EventDeadlineExtension(SchemaExtension):
    """Tells the deadline of its operation when it begins, and when an event's resolvers do."""

    def __init__(self) -> None:
        self._deadline = _current.get()

    def on_execute(self) -> Iterator[None]:
        """Have the source of events made in time, permissions included."""
        if self._deadline is None:
            yield
            return
        self._deadline.begin()
        yield
        self._deadline.stand_still()

    def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **kwargs: Any) -> Any:
        """Resolve a field; that of the event itself comes first."""
        if self._deadline is not None and info.path.prev is None:
            self._deadline.begin()
        return _next(root, info, *args, **kwargs)
