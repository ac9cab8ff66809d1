"""The events of a subscription, which can be made to end.

A stream of results that is closed, or whose task is cancelled, throws that into the hooks of the schema's extensions,
and what a hook has after a bare `yield` is not run: a span is never exported, a lock never released. So whoever stops a
subscription ends its events instead, and lets the stream of results come to its end by itself.

Rules
-----
1. A stopped source has no further event. Its own generator is closed, or has seen the cancellation.
2. A cancellation that arrives while the next event is awaited, or a result computed, stops the source and is kept.
   Whoever iterates over the results raises it once they have ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import Any


class EventSource:
    """An async iterator over the events of one subscription.

    Args:
        events: what the resolver of the subscription returned.

    Attributes:
        cancellation: what cancelled the task meanwhile.
    """

    __slots__ = ("_events", "_stopped", "cancellation")

    def __init__(self, events: AsyncIterable[Any]) -> None:
        self._events = aiter(events)
        self._stopped = False
        self.cancellation: asyncio.CancelledError | None = None

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if self._stopped:
            raise StopAsyncIteration
        try:
            return await anext(self._events)
        except asyncio.CancelledError as exc:
            if not self.keep(exc):
                raise
            raise StopAsyncIteration from None

    def keep(self, exc: asyncio.CancelledError) -> bool:
        """Stop because the task is cancelled; return False if something else was, whose error is to be raised."""
        task = asyncio.current_task()
        if task is None or not task.cancelling():
            return False
        self._stopped = True
        self.cancellation = exc
        return True

    async def stop(self) -> None:
        """End the events."""
        self._stopped = True
        await self.aclose()

    async def aclose(self) -> None:
        """Close the generator of the subscription."""
        close = getattr(self._events, "aclose", None)
        if close is not None:
            await close()
