"""Time limits of an operation, and of each result of one that has many.

Only the work of the resolvers on a result is counted. The wait for the next event of a
subscription is not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Generator
from contextlib import aclosing
from time import monotonic
from types import TracebackType
from typing import Any, TypeVar, cast

from graphql import GraphQLError
from graphql.execution import (
    CompletedResult,
    Executor,
    ExperimentalIncrementalExecutionResults,
    SubsequentIncrementalExecutionResult,
)
from strawberry.types.execution import PreExecutionError

T = TypeVar("T")

TIMEOUT_CODE = "EXECUTION_TIMEOUT"
"""The `extensions.code` of both errors."""


class TimedOut(PreExecutionError):
    """The result of an operation that took too long as a whole."""

    def __init__(self, seconds: float) -> None:
        message = f"The operation was stopped after {seconds:g} seconds."
        super().__init__(None, [GraphQLError(message, extensions={"code": TIMEOUT_CODE})])


class LateResult(GraphQLError):
    """One result of an operation took too long."""

    def __init__(self, seconds: float) -> None:
        message = f"The operation was stopped: a result took longer than {seconds:g} seconds."
        super().__init__(message, extensions={"code": TIMEOUT_CODE})


class ResultTime:
    """A context that cancels its block after a number of seconds, and then raises `LateResult`.

    Args:
        seconds: the time limit; None for no limit.
        spent: the seconds of it that have passed.
    """

    __slots__ = ("_deadline", "_seconds")

    def __init__(self, seconds: float | None, spent: float = 0) -> None:
        self._seconds = seconds or 0
        self._deadline = asyncio.timeout(None if seconds is None else max(seconds - spent, 0))

    async def __aenter__(self) -> None:
        await self._deadline.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._deadline.__aexit__(kind, error, traceback)
        except TimeoutError:
            raise LateResult(self._seconds) from None


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


async def in_time(work: Coroutine[Any, Any, T], seconds: float | None) -> T:
    """Return the result of a coroutine; cancel it if it is not done after a number of seconds.

    The timer is set when it first suspends: one that never suspends cannot be cancelled.

    Raises:
        LateResult: it was cancelled.
    """
    if seconds is None:
        return await work
    begin = monotonic()
    try:
        awaited = work.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    async with ResultTime(seconds, monotonic() - begin):
        return cast("T", await _SuspendedCoroutine(work, awaited))


class _TimedEvents(Executor[Any]):
    """An executor with a time limit for each event of a subscription."""

    result_timeout: float
    executes_event = False

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor: Any = cast("Any", super()).build_per_event_executor(payload)
        executor.executes_event = True
        return cast("Executor[Any]", executor)

    def execute_operation(self, serially: bool | None = None) -> Any:
        result: Any = super().execute_operation(serially)
        if not self.executes_event or not cast("Any", self).is_awaitable(result):
            return result
        return self._in_time(result)

    async def _in_time(self, result: Awaitable[Any]) -> Any:
        async with ResultTime(self.result_timeout):
            return await result


def timed_executor(executor: type[Executor[Any]], seconds: float | None) -> type[Executor[Any]]:
    """Return an executor class with a time limit for each event of a subscription; the same class without one."""
    if seconds is None:
        return executor
    return type(executor.__name__, (_TimedEvents, executor), {"result_timeout": seconds})


async def result_frames(result: Any, seconds: float | None) -> AsyncGenerator[Any]:
    """Yield a result, and after the first one of incremental delivery those that follow.

    One that takes too long is the last: it completes all pending parts with an error.
    """
    if not isinstance(result, ExperimentalIncrementalExecutionResults):
        yield result
        return
    first = result.initial_result
    yield first
    missing = {part.id for part in first.pending}
    subsequent: Any = result.subsequent_results
    async with aclosing(subsequent):
        while True:
            try:
                async with ResultTime(seconds):
                    frame = await anext(subsequent)
            except StopAsyncIteration:
                return
            except LateResult as error:
                completed = [CompletedResult(part, [error]) for part in sorted(missing)]
                frame = SubsequentIncrementalExecutionResult(has_next=False, completed=completed)
            yield frame
            if not frame.has_next:
                return
            missing.update(part.id for part in frame.pending or ())
            missing.difference_update(part.id for part in frame.completed or ())
