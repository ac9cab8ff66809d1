"""A turn for the event loop in loops that send.

Facts
-----
- `await send(...)` does not suspend if the server's buffer has room, nor once the client has disconnected: then every
  server drops the message and returns at once.
- A loop over a source that never waits, such as an async generator of computed rows, therefore runs to its end, or for
  ever, without the event loop serving anybody else, delivering a cancellation or seeing a signal.
- A turn after each message would cost more than the message. A turn after 64 messages costs 5 µs in a hundred; the
  clock bounds what a loop of slow messages may take, and is read after every eighth.
"""

from __future__ import annotations

from collections.abc import Generator
from time import monotonic
from types import coroutine
from typing import Final

from ._event_loop import is_on_trio

MESSAGES: Final = 64
SECONDS: Final = 0.005
CLOCK_MASK: Final = 7


class FairTurn:
    """Counts the messages of one loop, and says when the event loop is due a turn.

    >>> turn = FairTurn()
    >>> [turn.is_due() for _ in range(64)].count(True)
    1

    In a loop: `if turn.is_due(): await turn.give()`.
    """

    __slots__ = ("_began", "_count")

    def __init__(self) -> None:
        self._count = 0
        self._began = monotonic()

    def is_due(self, messages: int = 1) -> bool:
        """Count messages; return whether 64 were counted, or 5 ms have passed, since the last turn.

        Args:
            messages: how many to count; a loop that is called often counts itself, and asks after every eighth.
        """
        self._count = count = self._count + messages
        if count & CLOCK_MASK:
            return False
        return count >= MESSAGES or monotonic() - self._began >= SECONDS

    async def give(self) -> None:
        """Let the event loop run what else is ready; raises if the task was cancelled."""
        await yield_to_loop()
        self.restart()

    def restart(self) -> None:
        """Count from here on: the event loop has just had a turn."""
        self._count = 0
        self._began = monotonic()


async def yield_to_loop() -> None:
    """Suspend for one turn of the event loop, on asyncio and trio; raises if the task was cancelled."""
    if is_on_trio():
        from anyio.lowlevel import checkpoint

        await checkpoint()
    else:
        await _bare_yield()


@coroutine
def _bare_yield() -> Generator[None, None, None]:
    """Suspend a task of asyncio until its loop has run what else is ready, as `asyncio.sleep(0)` does."""
    yield
