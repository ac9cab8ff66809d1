"""Executors of graphql-core that stop an operation whose result grows too large or takes too long.

A value is a field of an object in the result, or an item of a list. An error at a field does not end an
operation for graphql-core: the field becomes null, and the next one is computed. An operation that is
stopped has to end as a whole, so its error is raised again at each level.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator, Sized
from typing import Any, cast

from graphql import GraphQLError
from graphql.execution import ExecutionResult, Executor

from ._event_source import EventSource
from ._operation_state import OperationState, current_state
from ._time_limit import ResultTime

_OVERRIDDEN = (
    "cancellable_iterable",
    "complete_async_iterator_value",
    "complete_iterable_value",
    "execute_field",
    "handle_field_error",
)


class _LimitedExecutor(Executor[Any]):
    """An executor that counts values, and checks the time before each field."""

    state: OperationState

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        cast("Any", super()).__init__(*args, **kwargs)
        self.state = current_state()

    def execute_field(
        self, parent_type: Any, source: Any, field_details_list: Any, path: Any, position_context: Any
    ) -> Any:
        self.state.spend()
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def handle_field_error(self, *args: Any, **kwargs: Any) -> None:
        if self.state.stopped is not None:
            raise self.state.stopped.with_traceback(None)
        cast("Any", super()).handle_field_error(*args, **kwargs)

    def complete_iterable_value(
        self,
        item_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        if isinstance(items, (list, tuple)):
            self.state.spend(len(cast("Sized", items)))
        else:
            items = self._counted(items)
        complete: Any = cast("Any", super()).complete_iterable_value
        return complete(item_type, field_details_list, info, path, items, position_context)

    def _counted(self, items: Iterable[Any]) -> Iterator[Any]:
        """Count items one by one: a lazy iterable may have no end."""
        for item in items:
            self.state.spend()
            yield item

    def complete_async_iterator_value(
        self,
        item_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        async_iterator: AsyncIterator[Any],
        position_context: Any,
    ) -> Any:
        items = _CountedIterator(async_iterator, self.state)
        complete: Any = cast("Any", super()).complete_async_iterator_value
        return complete(item_type, field_details_list, info, path, items, position_context)


class _CountedIterator:
    """An async iterator whose items are counted one by one."""

    def __init__(self, items: AsyncIterator[Any], state: OperationState) -> None:
        self._items = items
        self._state = state

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        item = await anext(self._items)
        self._state.spend()
        return item

    async def aclose(self) -> None:
        close = getattr(self._items, "aclose", None)
        if close is not None:
            await close()


class _SubscriptionExecutor(_LimitedExecutor):
    """An executor with the limits for each event of a subscription, which is executed by a copy of it."""

    result_timeout: float | None
    executes_event = False
    events: EventSource

    def cancellable_iterable(self, iterable: AsyncIterable[Any]) -> AsyncIterable[Any]:
        made: AsyncIterable[Any] = cast("Any", super()).cancellable_iterable(iterable)
        if self.executes_event:
            return made
        self.events = self.state.events = EventSource(made, self.result_timeout)
        return self.events

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor: Any = cast("Any", super()).build_per_event_executor(payload)
        executor.executes_event = True
        executor.state = self.state.next_result(self.result_timeout)
        return cast("Executor[Any]", executor)

    def execute_operation(self, serially: bool | None = None) -> Any:
        result: Any = super().execute_operation(serially)
        if not self.executes_event:
            return result
        if cast("Any", self).is_awaitable(result):
            return self._finish(result)
        self.state.finish()
        return result

    async def _finish(self, awaitable: Awaitable[Any]) -> Any:
        try:
            async with ResultTime(self.state):
                result = await awaitable
        except CancelledError as exc:
            if not self.events.keep(exc):
                raise
            return ExecutionResult(None, [GraphQLError("The subscription was stopped.")])  # for hooks: nobody gets it
        self.state.finish()
        return result


def limited_executor(executor: type[Executor[Any]]) -> type[Executor[Any]]:
    """Return an executor class with limits for queries and mutations."""
    return _derive(_LimitedExecutor, executor, {})


def subscription_executor(executor: type[Executor[Any]], seconds: float | None) -> type[Executor[Any]]:
    """Return an executor class with limits for each event of a subscription."""
    return _derive(_SubscriptionExecutor, executor, {"result_timeout": seconds})


def _derive(
    limited: type[Executor[Any]], executor: type[Executor[Any]], members: dict[str, Any]
) -> type[Executor[Any]]:
    missing = [name for name in _OVERRIDDEN if not hasattr(executor, name)]
    if missing:
        raise RuntimeError(
            f"GraphQL limits results in graphql-core's executor, and {executor.__name__} has no {missing[0]}; "
            "install graphql-core 3.3"
        )
    return type(executor.__name__, (limited, executor), members)
