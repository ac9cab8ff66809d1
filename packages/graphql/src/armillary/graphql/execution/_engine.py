"""Runs operations, independent of the transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from graphql import GraphQLError, GraphQLSchema, OperationDefinitionNode
from strawberry import Schema
from strawberry.types.execution import PreExecutionError

from .._operation import Operation
from ..documents._document_store import DocumentStore
from ..documents._documents import Documents
from ..documents._persisted_query import DocumentChoice
from ..documents._trusted_documents import TrustedDocuments
from ..limits._costs import FieldCosts
from ..limits._limits import GraphQLLimits
from ._prepared_schema import prepared_schema, timed_schema
from ._span import end_span, operation_span, start_span
from ._time_limit import LateResult, TimedOut, in_time, result_frames


def core_schema(schema: Schema) -> GraphQLSchema:
    """Return the graphql-core schema of a Strawberry schema."""
    return cast("GraphQLSchema", cast("Any", schema)._schema)


class RunnableOperation:
    """An operation whose document is known.

    Attributes:
        request: the request of the client.
        text: the document.
        kind: "query", "mutation" or "subscription"; empty if `error` is set.
        error: why it cannot be run: no such operation, or a document that cannot be parsed.
    """

    __slots__ = ("error", "kind", "request", "text")

    def __init__(self, request: Operation, text: str, selected: OperationDefinitionNode | GraphQLError) -> None:
        self.request = request
        self.text = text
        if isinstance(selected, GraphQLError):
            self.kind = ""
            self.error: GraphQLError | None = selected
        else:
            self.kind = selected.operation.value
            self.error = None


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
        self._timeout = limits.execution_timeout
        self._choice = DocumentChoice(store, trusted)
        self._chooses = store is not None or trusted is not None
        self.documents = documents = Documents(core, limits, costs)
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
        return RunnableOperation(request, text, prepared.select(request.operation_name))

    async def execute(self, operation: RunnableOperation, context: Any, root_value: Any) -> Any:
        """Run a query or mutation; the result may be one of incremental delivery.

        Failures are errors in the result. Past the time limit the operation is cancelled, and the
        result is an error.
        """
        if operation.error is not None:
            return PreExecutionError(None, [operation.error])
        request = operation.request
        with operation_span(operation.kind, request.operation_name):
            work = self._schema.execute(
                operation.text,
                variable_values=request.variables,
                context_value=context,
                root_value=root_value,
                operation_name=request.operation_name,
                operation_extensions=request.extensions,
            )
            try:
                return await in_time(work, self._timeout)
            except LateResult:
                return TimedOut(self._timeout or 0)

    async def stream(self, operation: RunnableOperation, context: Any, root_value: Any) -> AsyncGenerator[Any]:
        """Run any operation and yield its results one after the other.

        A subscription runs as long as its source, and each of its results has a time limit.
        """
        if operation.kind != "subscription":
            result = await self.execute(operation, context, root_value)
            async with aclosing(self.frames(result)) as frames:
                async for frame in frames:
                    yield frame
            return
        request = operation.request
        span = start_span(operation.kind, request.operation_name)
        try:
            results: Any = await self._streamed.stream(
                operation.text,
                variable_values=request.variables,
                context_value=context,
                root_value=root_value,
                operation_name=request.operation_name,
                operation_extensions=request.extensions,
            )
            async with aclosing(results):
                async for result in results:
                    yield result
        finally:
            end_span(span)

    def frames(self, result: Any) -> AsyncGenerator[Any]:
        """Yield a result of `execute`, and what follows it in incremental delivery, within the time limit."""
        return result_frames(result, self.limits.result_timeout)
