"""The one-way flag that is set when the server stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from armillary.concurrency import Schedule, current_schedule, schedule_if_running

if TYPE_CHECKING:
    from anyio import Event


class StopEvent:
    """Set once, from anywhere: a task, a thread or a signal handler. Never cleared.

    It serves every event loop of the process and satisfies `armillary.asgi_types.StopSignal`.

    >>> stopping = StopEvent()
    >>> stopping.set()
    >>> stopping.is_set()
    True
    """

    def __init__(self) -> None:
        self._is_set = False
        self._listeners: dict[object, tuple[Schedule, Callable[[], object]]] = {}

    def is_set(self) -> bool:
        """Return whether the server is stopping."""
        return self._is_set

    def set(self) -> None:
        """Set the flag and wake all waiters; a second call does nothing."""
        if self._is_set:
            return
        self._is_set = True
        for schedule, callback in list(self._listeners.values()):
            schedule_if_running(schedule, callback)

    async def wait(self) -> None:
        """Return as soon as the server is stopping."""
        if self._is_set:
            return
        from anyio import Event

        event: Event = Event()
        key = self.add_listener(event.set)
        try:
            # If a thread set the flag between the two lines above, the listener may have been missed.
            if not self._is_set:
                await event.wait()
        finally:
            self.remove_listener(key)

    def add_listener(self, callback: Callable[[], object]) -> object:
        """Call `callback` in this event loop when the flag is set; return the key for `remove_listener`."""
        key = object()
        self._listeners[key] = (current_schedule(), callback)
        return key

    def remove_listener(self, key: object) -> None:
        """Remove a listener."""
        self._listeners.pop(key, None)
