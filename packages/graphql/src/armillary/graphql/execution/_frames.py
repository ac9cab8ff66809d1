"""The results of incremental delivery, one after the other, within their time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql.execution import (
    CompletedResult,
    ExperimentalIncrementalExecutionResults,
    SubsequentIncrementalExecutionResult,
)

from ._operation_state import OperationState, Stopped
from ._time_limit import ResultTime, result_time


async def result_frames(result: Any, seconds: float | None, state: OperationState | None) -> AsyncGenerator[Any]:
    """Yield a result, and after the first one of incremental delivery those that follow.

    One that takes too long, or comes after the time of the operation, is the last: it completes all
    pending parts with an error.

    Args:
        result: that of an operation.
        seconds: how long each part may take; None for no limit.
        state: that of the operation, whose time is that of all parts; None if it did not run.
    """
    if state is None or not isinstance(result, ExperimentalIncrementalExecutionResults):
        yield result
        return
    first = result.initial_result
    yield first
    missing = {part.id for part in first.pending}
    subsequent: Any = result.subsequent_results
    async with aclosing(subsequent):
        while True:
            try:
                async with ResultTime(state), result_time(state.name, seconds):
                    frame = await anext(subsequent)
            except StopAsyncIteration:
                return
            except Stopped as error:
                completed = [CompletedResult(part, [error]) for part in sorted(missing)]
                frame = SubsequentIncrementalExecutionResult(has_next=False, completed=completed)
            yield frame
            if not frame.has_next:
                return
            missing.update(part.id for part in frame.pending or ())
            missing.difference_update(part.id for part in frame.completed or ())
