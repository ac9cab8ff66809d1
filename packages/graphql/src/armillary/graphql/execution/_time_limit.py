"""Time limits of an operation, and of each result of one that has many.

Only the work of the resolvers on a result is counted. The wait for the next event of a
subscription is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any, TypeVar, cast

from ._operation_state import LateResult, OperationState

T = TypeVar("T")


class ResultTime:
    """A context that cancels its block when the time of an operation or result is over, and then raises its error.

    What cannot be cancelled is logged, once.

    Args:
        state: that of the operation or result.
    """

    __slots__ = ("_deadline", "_state", "_watch")

    def __init__(self, state: OperationState) -> None:
        self._state = state
        self._deadline = asyncio.timeout(state.seconds_left())
        self._watch: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        await self._deadline.__aenter__()
        self._watch = self._state.watch()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._watch is not None:
            self._watch.cancel()
        try:
            await self._deadline.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise self._state.late_error() from None


def result_time(name: str, seconds: float | None) -> ResultTime:
    """Return a context that raises `LateResult` after a number of seconds; None for no limit."""
    return ResultTime(OperationState(name, None, seconds, LateResult))


class _SuspendedCoroutine:
    """The rest of a coroutine that was started and is suspended at an await."""

    __slots__ = ("_awaited", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        awaited = self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except BaseException as error:
                    awaited = self._work.throw(error)
                else:
                    awaited = self._work.send(sent)
        except StopIteration as done:
            return done.value


async def in_time(work: Coroutine[Any, Any, T], state: OperationState) -> T:
    """Return the result of a coroutine; cancel it if it is not done when the time of its operation is over.

    The timer is set when it first suspends: one that never suspends cannot be cancelled.

    Raises:
        Stopped: it was cancelled.
    """
    if state.seconds is None:
        return await work
    try:
        awaited = work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    async with ResultTime(state):
        return cast("T", await _SuspendedCoroutine(work, awaited))
