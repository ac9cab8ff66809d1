"""How many spill files the forms of a process may have open at once."""

from __future__ import annotations

from threading import Lock

POLL_SECONDS = 0.05
"""How often a waiting form looks for a free place. A place becomes free in whatever thread, or event loop, closes the
last file of a form, so there is no event to wait for."""


class SpillLimit:
    """A number of spill files, each one descriptor and one form, in all event loops and threads of the process.

    Args:
        size: how many may be open at once, at least 1.
        max_wait: seconds a form waits for one to be closed, 0 or more. At most `size` forms wait; others are
            rejected at once.
        retry_after: seconds in the `Retry-After` of the 503.

    The attributes may be changed at any time.

    Raises:
        TypeError, ValueError: one of them is not such a number.

    >>> SpillLimit(64)
    SpillLimit(64, max_wait=5.0)
    """

    size: int
    max_wait: float
    retry_after: float

    def __init__(self, size: int = 256, *, max_wait: float = 5.0, retry_after: float = 5.0) -> None:
        self.size = size
        self.max_wait = max_wait
        self.retry_after = retry_after
        self._lock = Lock()
        self._open = 0
        self._waiting = 0

    def __setattr__(self, name: str, value: float) -> None:
        if name == "size":
            if not isinstance(value, int) or isinstance(value, bool):
                raise TypeError(f"SpillLimit takes its size as an int, got {value!r}")
            if value < 1:
                raise ValueError(f"SpillLimit needs a size of at least 1, got {value!r}")
        elif name in ("max_wait", "retry_after") and not 0 <= value < float("inf"):
            raise ValueError(f"SpillLimit needs a {name} of at least 0 seconds, got {value!r}")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.size!r}, max_wait={self.max_wait!r})"

    @property
    def open_files(self) -> int:
        """How many spill files are open now."""
        return self._open

    async def acquire(self) -> None:
        """Take a place, waiting for one at most `max_wait` seconds.

        Raises:
            Overloaded: 503, none became free.
        """
        if self._take_place():
            return
        from armillary.concurrency import Overloaded

        if self._waiting < self.size and await self._wait_for_place():
            return
        raise Overloaded("form files", self.retry_after)

    def _take_place(self) -> bool:
        with self._lock:
            free = self._open < self.size
            self._open += free
        return free

    async def _wait_for_place(self) -> bool:
        from anyio import current_time, sleep

        deadline = current_time() + self.max_wait
        self._waiting += 1
        try:
            while (left := deadline - current_time()) > 0:
                await sleep(min(POLL_SECONDS, left))
                if self._take_place():
                    return True
            return False
        finally:
            self._waiting -= 1

    def release(self) -> None:
        """Give a place back, in any thread."""
        with self._lock:
            self._open -= 1


SPILL_FILES = SpillLimit()
"""For the forms of this process."""
