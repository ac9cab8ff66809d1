"""Several operations in one HTTP request."""

from __future__ import annotations

import asyncio
from typing import Any

from graphql.execution import ExperimentalIncrementalExecutionResults

from armillary.http import Request, Response
from armillary.serialization import encode_json

from .._context import GraphQLContext
from .._hooks import Hooks, error_formatter, make_values
from .._operation import RequestRejected, read_operation
from ..execution._engine import RunnableOperation
from ..results._format import format_result
from ._negotiation import JSON, Negotiated
from ._response import make_response
from ._result import record_errors, reject_increments


class Batches:
    """Runs batches: queries concurrently, in order if there is a mutation among them.

    Args:
        hooks: the application object.
        enabled: whether a list of operations is accepted.
    """

    def __init__(self, hooks: Hooks, enabled: bool) -> None:
        self._hooks = hooks
        self._engine = hooks.engine
        self._enabled = enabled

    async def run(self, request: Request[Any], members: list[Any], negotiated: Negotiated) -> Response:
        """Return the response with a result for each operation.

        Raises:
            RequestRejected: 400, batches are off, or this one is empty or too large; 406, its response is
                not accepted.
        """
        self._check(members, negotiated)
        operations = [await self._resolve(member) for member in members]
        context = GraphQLContext(request)
        values = await make_values(self._hooks, context)
        format_error = error_formatter(self._hooks, request)

        async def run(operation: RunnableOperation | RequestRejected) -> dict[str, Any]:
            if isinstance(operation, RequestRejected):
                return {"errors": [operation.error]}
            result = await self._engine.execute(operation, values)
            if isinstance(result, ExperimentalIncrementalExecutionResults):
                subsequent: Any = result.subsequent_results
                await subsequent.aclose()
                return {
                    "errors": [{"message": "A batch cannot use @defer and @stream; send this operation on its own."}]
                }
            return format_result(result, format_error)

        if any(isinstance(operation, RunnableOperation) and operation.kind == "mutation" for operation in operations):
            results = [await run(operation) for operation in operations]
        else:
            results = await asyncio.gather(*(run(operation) for operation in operations))
        assert negotiated.result is not None
        record_errors(request, any(result.get("errors") for result in results))
        return make_response(context.response, encode_json(results), 200, negotiated.result)

    def _check(self, members: list[Any], negotiated: Negotiated) -> None:
        if not self._enabled:
            raise RequestRejected(400, "Batching is off; send one operation, a JSON object, for each request.")
        if not members:
            raise RequestRejected(400, "The batch is empty; it needs at least one operation.")
        limit = self._engine.limits.max_batch_size
        if limit is not None and len(members) > limit:
            raise RequestRejected(400, f"The batch has {len(members)} operations; at most {limit} are allowed.")
        if negotiated.result is None:
            raise RequestRejected(406, f"The response to a batch is {JSON}, which the Accept header does not accept.")

    async def _resolve(self, member: object) -> RunnableOperation | RequestRejected:
        """Return an operation, or why it is rejected."""
        try:
            operation = await self._engine.resolve(read_operation(member))
            if operation.kind == "subscription":
                raise RequestRejected(400, "A batch takes queries and mutations only; send a subscription on its own.")
            if operation.kind == "mutation":
                reject_increments(self._engine, operation)
        except RequestRejected as rejection:
            return rejection
        return operation
