"""What one operation may still use, of time and of values in its result, and what stops it.

Time is checked in two ways. A timer cancels what awaits. What computes without awaiting is checked before
each field, so that it stops between two resolvers; one resolver alone cannot be stopped. It holds its place
among the running operations until it ends, and is logged once.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from logging import getLogger
from math import inf
from time import monotonic
from typing import ClassVar, Final

from graphql import GraphQLError

from .._context import GraphQLContext
from ._event_source import EventSource

_logger = getLogger("armillary.graphql")

OVERRUN_SECONDS: Final = 1.0
"""Seconds after its time-out when an operation that still runs is logged."""


_LATE: Final = {"code": "EXECUTION_TIMEOUT"}


class Stopped(GraphQLError):
    """An operation was stopped by a limit."""

    status: ClassVar[int]
    """The status of a response without a result."""


class LateOperation(Stopped):
    """An operation took too long as a whole."""

    status = 503

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The operation was stopped after {seconds:g} seconds.", extensions=_LATE)


class LateResult(Stopped):
    """One result of an operation took too long."""

    status = 503

    def __init__(self, seconds: float) -> None:
        message = f"The operation was stopped: a result took longer than {seconds:g} seconds."
        super().__init__(message, extensions=_LATE)


class ResultTooLarge(Stopped):
    """A result has too many values."""

    status = 400

    def __init__(self, limit: int) -> None:
        message = f"The operation was stopped: its result has more than {limit} values. Ask for fewer items."
        super().__init__(message, extensions={"code": "RESULT_TOO_LARGE"})


class OperationState:
    """The limits on an operation, or on one result of a subscription, and how much of them is used.

    Args:
        name: what is run, for the log.
        max_values: values in the result; None for no limit.
        seconds: from now on; None for no limit.
        late: the error for a result that took longer.
        context: its loaders are cleared before and after each result of a subscription.

    Attributes:
        stopped: the error that stopped it, if any.
        events: those of a subscription, once it has started.
    """

    __slots__ = (
        "_context",
        "_deadline",
        "_late",
        "_left",
        "_logged",
        "_max_values",
        "events",
        "name",
        "seconds",
        "stopped",
    )

    def __init__(
        self,
        name: str,
        max_values: int | None,
        seconds: float | None,
        late: type[LateOperation | LateResult] = LateOperation,
        context: GraphQLContext | None = None,
    ) -> None:
        self.name: str = name
        self.seconds: float | None = seconds
        self.stopped: Stopped | None = None
        self.events: EventSource | None = None
        self._max_values = max_values
        self._left = inf if max_values is None else max_values
        self._deadline = inf if seconds is None else monotonic() + seconds
        self._late = late
        self._context = context
        self._logged = False

    def next_result(self, seconds: float | None) -> OperationState:
        """Return the state of the next result of a subscription, whose time begins now."""
        if self._context is not None:
            self._context.clear_loaders()
        return OperationState(self.name, self._max_values, seconds, LateResult, self._context)

    def spend(self, values: int = 1) -> None:
        """Count values before they are computed.

        Raises:
            Stopped: they are too many, or the time is over.
        """
        self._left -= values
        if self._left < 0 or monotonic() > self._deadline:
            if self.stopped is None:
                self.stopped = ResultTooLarge(self._max_values or 0) if self._left < 0 else self.late_error()
            raise self.stopped.with_traceback(None)

    def finish(self) -> None:
        """Check a result that is complete.

        Raises:
            Stopped: a limit stopped it, or it took too long without being stopped.
        """
        if self._context is not None:
            self._context.clear_loaders()
        late = monotonic() - self._deadline
        if late > 0:
            self.stopped = self.stopped or self.late_error()
            if late > OVERRUN_SECONDS:
                self._log_overrun()
        if self.stopped is not None:
            raise self.stopped.with_traceback(None)

    def late_error(self) -> Stopped:
        """Return the error for taking too long."""
        return self._late(self.seconds or 0)

    def seconds_left(self) -> float | None:
        """Return the seconds until the time-out; None for no time-out."""
        return None if self.seconds is None else max(self._deadline - monotonic(), 0)

    def watch(self, left: float) -> asyncio.TimerHandle:
        """Log an operation that still runs some time after its time-out, unless the returned timer is cancelled.

        Args:
            left: seconds until the time-out.
        """
        return asyncio.get_running_loop().call_later(left + OVERRUN_SECONDS, self._log_overrun)

    def _log_overrun(self) -> None:
        if not self._logged:
            self._logged = True
            _logger.warning(
                "A GraphQL %s could not be stopped after its limit of %g seconds: a resolver blocks the event loop, "
                "or waits for a thread",
                self.name,
                self.seconds,
            )


_CURRENT: ContextVar[OperationState] = ContextVar("armillary.graphql.operation_state")


class CurrentState:
    """A context in which the executor that is created finds the state of its operation.

    Args:
        state: what `current_state` returns in the block.
    """

    __slots__ = ("_state", "_token")

    def __init__(self, state: OperationState) -> None:
        self._state = state

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._state)

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)


def current_state() -> OperationState:
    """Return the state of the operation that is being started."""
    return _CURRENT.get(None) or OperationState("operation", None, None)
