"""The events of a subscription, which can be made to end.

A stream of results that is closed, or whose task is cancelled, throws that into the hooks of the schema's extensions,
and what a hook has after a bare `yield` is not run: a span is never exported, a lock never released. So whoever stops a
subscription ends its events instead, and lets the stream of results come to its end by itself.

Rules
-----
1. A stopped source has no further event. Its own generator is closed, or has seen the cancellation.
2. A cancellation that arrives while the next event is awaited, or a result computed, stops the source and is kept.
   Whoever iterates over the results raises it once they have ended.
3. From then on nothing cancels what is left to do, such as a hook that waits until a span is exported, until
   `end_shield` or the time of a result is over. A scope of anyio would cancel each wait again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anyio import CancelScope


class EventSource:
    """An async iterator over the events of one subscription.

    Args:
        events: what the resolver of the subscription returned.
        time_to_end: seconds that what follows a cancellation may take; None for any.

    Attributes:
        cancellation: what cancelled the task meanwhile.
    """

    __slots__ = ("_events", "_shield", "_stopped", "_time_to_end", "cancellation")

    def __init__(self, events: AsyncIterable[Any], time_to_end: float | None) -> None:
        self._events = aiter(events)
        self._time_to_end = time_to_end
        self._stopped = False
        self._shield: CancelScope | None = None
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
        from anyio import move_on_after

        self._shield = move_on_after(self._time_to_end, shield=True)
        self._shield.__enter__()
        return True

    def end_shield(self) -> None:
        """Let the task be cancelled again; called in the task that was cancelled."""
        if self._shield is not None:
            self._shield.__exit__(None, None, None)
            self._shield = None

    async def stop(self) -> None:
        """End the events."""
        self._stopped = True
        await self.aclose()

    async def aclose(self) -> None:
        """Close the generator of the subscription."""
        close = getattr(self._events, "aclose", None)
        if close is not None:
            await close()
