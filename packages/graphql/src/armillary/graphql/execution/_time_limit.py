"""Time limits of an operation, and of each result of one that has many.

Only the work of the resolvers on a result is counted. The wait for the next event of a
subscription is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from armillary.concurrency import call_if_suspended

from ._operation_state import LateResult, OperationState

T = TypeVar("T")


class ResultTime:
    """A context that cancels its block when the time of an operation or result is over, and then raises its error.

    What cannot be cancelled is logged, once.

    Args:
        state: that of the operation or result.
        start: whether to set the timer at once; else `start` does.
    """

    __slots__ = ("_start", "_state", "_timeout", "_watch")

    def __init__(self, state: OperationState, *, start: bool = True) -> None:
        self._state = state
        self._start = start
        self._timeout = asyncio.timeout(None)
        self._watch: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        if self._start:
            self.start()
        return self

    def start(self) -> None:
        """Set the timer to the end of the time."""
        left = self._state.seconds_left()
        if left is not None:
            self._timeout.reschedule(asyncio.get_running_loop().time() + left)
            self._watch = self._state.watch(left)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
        try:
            await self._timeout.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise self._state.late_error() from None


def result_time(name: str, seconds: float | None) -> ResultTime:
    """Return a context that raises `LateResult` after a number of seconds; None for no limit."""
    return ResultTime(OperationState(name, None, seconds, LateResult))


async def in_time(work: Coroutine[Any, Any, T], state: OperationState) -> T:
    """Return the result of a coroutine; cancel it if it is not done when the time of its operation is over.

    The timer is set when it first suspends: one that never suspends cannot be cancelled.

    Raises:
        Stopped: it was cancelled.
    """
    if state.seconds is None:
        return await work
    async with ResultTime(state, start=False) as time:
        return await call_if_suspended(time.start, work)
