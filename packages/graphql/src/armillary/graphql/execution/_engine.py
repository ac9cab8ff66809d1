"""Runs operations, independent of the transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, cast

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution import ExperimentalIncrementalExecutionResults
from strawberry import Schema
from strawberry.types.execution import PreExecutionError

from .._context import ContextValues
from .._operation import Operation
from ..documents._document_store import DocumentStore
from ..documents._documents import Documents
from ..documents._persisted_query import DocumentChoice
from ..documents._trusted_documents import TrustedDocuments
from ..limits._costs import FieldCosts
from ..limits._limits import GraphQLLimits
from ..limits._variable_values import variables_excess
from ._frames import result_frames
from ._operation_state import CurrentState, LateOperation, OperationState, Stopped
from ._prepared_schema import prepared_schema, timed_schema
from ._span import end_span, operation_span, start_span
from ._time_limit import in_time


def core_schema(schema: Schema) -> GraphQLSchema:
    """Return the graphql-core schema of a Strawberry schema."""
    return cast("GraphQLSchema", cast("Any", schema)._schema)


class StoppedResult(PreExecutionError):
    """The result of an operation that was stopped by a limit.

    Attributes:
        status: the status of a response with it.
    """

    def __init__(self, error: Stopped) -> None:
        super().__init__(None, [error])
        self.status = error.status


class RunnableOperation:
    """An operation whose document is known.

    Attributes:
        request: the request of the client.
        text: the document.
        kind: "query", "mutation" or "subscription"; empty if `error` is set.
        error: why it cannot be run: no such operation, or a document that cannot be parsed.
        state: the limits on it and how much of them is used, once it runs.
    """

    __slots__ = ("error", "kind", "request", "state", "text")

    def __init__(self, request: Operation, text: str, selected: OperationDefinitionNode | GraphQLError) -> None:
        self.request: Operation = request
        self.text: str = text
        if isinstance(selected, GraphQLError):
            self.kind: str = ""
            self.error: GraphQLError | None = selected
        else:
            self.kind = selected.operation.value
            self.error = None
        self.state: OperationState | None = None

    @property
    def name(self) -> str:
        """Its kind, and its name if it has one, for the log."""
        name = self.request.operation_name
        return self.kind if name is None else f"{self.kind} {name}"


class Engine:
    """Runs operations of one schema within limits.

    Args:
        schema: a Strawberry schema. It is not changed: the engine works on a copy that shares its types.
        limits, costs: as for `GraphQL`.
        store, trusted: its `persisted_queries` and `trusted_documents`.
    """

    def __init__(
        self,
        schema: Schema,
        limits: GraphQLLimits,
        costs: FieldCosts,
        store: DocumentStore | None,
        trusted: TrustedDocuments | None,
    ) -> None:
        core = core_schema(schema)
        costs.check(core)
        self.limits = limits
        self._choice = DocumentChoice(store, trusted)
        self._chooses = store is not None or trusted is not None
        documents = Documents(core, limits, costs)
        self.documents: Documents = documents
        self._schema = prepared_schema(schema, documents)
        self._streamed = timed_schema(schema, documents, limits.result_timeout)

    async def resolve(self, request: Operation) -> RunnableOperation:
        """Find the document and the operation of a request.

        Raises:
            RequestRejected: there is no document to run.
        """
        text = await self._choice.find(request)
        prepared = self.documents.prepare(text)
        if self._chooses and prepared.is_valid:
            await self._choice.keep(request)
        excess = variables_excess(request.variables, self.limits.max_variable_values) if request.variables else None
        if excess is not None:
            return RunnableOperation(request, text, GraphQLError(excess))
        return RunnableOperation(request, text, prepared.select(request.operation_name))

    async def execute(self, operation: RunnableOperation, values: ContextValues) -> Any:
        """Run a query or mutation; the result may be one of incremental delivery.

        Failures are errors in the result. An operation that is stopped by a limit has no other result.
        """
        if operation.error is not None:
            return PreExecutionError(None, [operation.error])
        limits = self.limits
        operation.state = state = OperationState(
            operation.name, limits.max_result_values, limits.execution_timeout, LateOperation
        )
        result: Any = None
        with operation_span(operation.kind, operation.request.operation_name), CurrentState(state):
            work = self._schema.execute(operation.text, **_arguments(operation, values))
            try:
                result = await in_time(work, state)
                state.finish()
            except Stopped as error:
                if isinstance(result, ExperimentalIncrementalExecutionResults):
                    subsequent: Any = result.subsequent_results
                    await subsequent.aclose()
                return StoppedResult(error)
        return result

    async def stream(self, operation: RunnableOperation, values: ContextValues) -> AsyncGenerator[Any]:
        """Run any operation and yield its results one after the other.

        A subscription runs as long as its source, and each of its results has limits.
        """
        if operation.kind != "subscription":
            result = await self.execute(operation, values)
            async with aclosing(self.frames(operation, result)) as frames:
                async for frame in frames:
                    yield frame
            return
        state = OperationState(operation.name, self.limits.max_result_values, None, context=values.graphql)
        span = start_span(operation.kind, operation.request.operation_name)
        try:
            results: Any = await self._streamed.stream(operation.text, **_arguments(operation, values))
            async with aclosing(results):
                try:
                    with CurrentState(state):
                        # The executor is created before the first result. An executor for each event is a copy of it.
                        result = await anext(results, None)
                    while result is not None and not _is_cancelled(state):
                        yield result
                        result = await anext(results, None)
                finally:
                    await self._let_end(results, state)
            if (events := state.events) is not None and events.cancellation is not None:
                raise events.cancellation
        finally:
            end_span(span)

    async def _let_end(self, results: AsyncIterator[Any], state: OperationState) -> None:
        """Stop the events of a subscription, so that its results, and the hooks around them, end by themselves."""
        if state.events is None:
            return
        from anyio import move_on_after

        try:
            with move_on_after(self.limits.result_timeout, shield=True):
                await state.events.stop()
                while await anext(results, None) is not None:
                    pass
        finally:
            state.events.end_shield()

    def frames(self, operation: RunnableOperation, result: Any) -> AsyncGenerator[Any]:
        """Yield a result of `execute`, and what follows it in incremental delivery, within its limits."""
        return result_frames(result, self.limits.result_timeout, operation.state)


def _is_cancelled(state: OperationState) -> bool:
    return state.events is not None and state.events.cancellation is not None


def _arguments(operation: RunnableOperation, values: ContextValues) -> dict[str, Any]:
    """Return the arguments of Strawberry for an operation."""
    request = operation.request
    return {
        "variable_values": request.variables,
        "context_value": values.context,
        "root_value": values.root_value,
        "operation_name": request.operation_name,
        "operation_extensions": request.extensions,
    }
