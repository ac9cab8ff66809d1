"""What engines over asyncio-only libraries share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import uniform
from typing import TypeVar

T = TypeVar("T")

FIRST_DELAY = 0.05
MAX_DELAY = 2.0
CANCEL_AGAIN = 1.0


class BackOff:
    """Growing pauses between attempts, each with jitter so that processes do not return in step."""

    def __init__(self) -> None:
        self._delay = FIRST_DELAY

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._delay = FIRST_DELAY

    async def pause(self) -> None:
        """Sleep for 50 to 100 % of the delay, and double it, up to 2 s."""
        delay, self._delay = self._delay, min(self._delay * 2, MAX_DELAY)
        await asyncio.sleep(uniform(delay / 2, delay))


async def first_attempts(
    connect: Callable[[], Awaitable[None]], seconds: float, failures: tuple[type[BaseException], ...]
) -> None:
    """Call `connect` until it succeeds, or raise its last failure when the time is over; at least once."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    back_off = BackOff()
    while True:
        try:
            await connect()
            return
        except failures:
            if loop.time() >= deadline:
                raise
        await back_off.pause()


async def repeat(
    attempt: Callable[[bool], Awaitable[T]], seconds: float, failures: tuple[type[BaseException], ...]
) -> T:
    """Call `attempt(False)`, and `attempt(True)` until it succeeds, or raise its last failure when the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    back_off = BackOff()
    repeated = False
    while True:
        try:
            return await attempt(repeated)
        except failures:
            if loop.time() >= deadline:
                raise
        repeated = True
        await back_off.pause()


async def end_task(task: asyncio.Task[None] | None) -> None:
    """Cancel a task and wait for its end; it is cancelled again if a library drops that."""
    if task is not None and not task.get_loop().is_closed():
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=CANCEL_AGAIN)
        with suppress(asyncio.CancelledError):
            task.result()
