"""Requests that save one session at the same time.

The store lets one save win and the others try again, so with n requests it would do n² attempts. Those of one event
loop therefore take turns once they have lost; only requests of other processes are still in the way, and after them
each waits a random while.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ._errors import SessionConflict

if TYPE_CHECKING:
    from anyio import Lock

FIRST_PAUSE = 0.005
LONGEST_PAUSE = 0.25

locks_of_loop: Any = None


class SaveTurn:
    """The turn of one request to save a session: `async with SaveTurn(key, 10) as turn`.

    Args:
        key: the hashed id.
        max_wait: seconds that waiting and trying may take together.

    Raises:
        SessionConflict: it took longer.
    """

    def __init__(self, key: str, max_wait: float) -> None:
        self._deadline = time.monotonic() + max_wait
        self._max_wait = max_wait
        self._lock = lock_of(key)
        self._pause = FIRST_PAUSE

    async def __aenter__(self) -> SaveTurn:
        from anyio import move_on_after

        with move_on_after(self._max_wait):
            await self._lock.acquire()
            return self
        raise self._conflict()

    async def __aexit__(self, *_: object) -> None:
        self._lock.release()

    async def pause(self) -> None:
        """Wait for a random while, each time for a longer one."""
        from anyio import sleep

        if time.monotonic() >= self._deadline:
            raise self._conflict()
        await sleep(random.uniform(0, self._pause))
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _conflict(self) -> SessionConflict:
        return SessionConflict(
            f"other requests changed the session for {self._max_wait:g} s while this one tried to save it"
        )


def lock_of(key: str) -> Lock:
    """Return the lock of a session in this event loop, which lives as long as somebody has it."""
    global locks_of_loop
    from anyio import Lock
    from anyio.lowlevel import RunVar

    if locks_of_loop is None:
        locks_of_loop = RunVar[Any]("armillary.sessions.locks")
    locks: WeakValueDictionary[str, Lock] | None = locks_of_loop.get(None)
    if locks is None:
        locks = WeakValueDictionary()
        locks_of_loop.set(locks)
    lock = locks.get(key)
    if lock is None:
        lock = locks[key] = Lock()
    return lock
