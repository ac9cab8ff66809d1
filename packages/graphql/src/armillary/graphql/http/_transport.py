"""GraphQL over HTTP: from a request to a response in the format negotiated with the client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from graphql.execution import ExperimentalIncrementalExecutionResults

from armillary.asgi_types import HTTPException, scope_record
from armillary.http import Request, Response, encode_json

from .._context import GraphQLContext
from .._hooks import Hooks, error_formatter
from .._operation import RequestRejected, read_operation
from ..execution._engine import RunnableOperation
from ..execution._time_limit import TimedOut
from ..results._format import FrameFormat, format_result, is_request_error
from ..streams._event_streams import EventStreams
from ..streams._single_connection import SingleConnection
from ._body import read_body, read_query
from ._ide import IDE
from ._negotiation import JSON, Negotiated, negotiate
from ._response import cacheable, make_response, stream_response

_METHODS = "GET, POST"
_NO_INCREMENTS = "@defer and @stream need `Accept: multipart/mixed` or `text/event-stream`."


class HTTPTransport:
    """Handles HTTP requests.

    Args:
        hooks: the application object.
        ide: the page for browsers.
        batching: whether a list of operations is accepted.
        uploads: whether forms with files are accepted.
        single_connection: whether event streams may carry several operations.
    """

    def __init__(self, hooks: Hooks, ide: IDE, *, batching: bool, uploads: bool, single_connection: bool) -> None:
        self._hooks = hooks
        self._engine = hooks.engine
        self._ide = ide
        self._batching = batching
        self._uploads = uploads
        self._single: SingleConnection | None = None
        if single_connection:
            streams = EventStreams(self._engine.limits.max_event_streams)
            self._single = SingleConnection(streams, self._engine.limits.max_subscriptions)

    async def handle(self, request: Request[Any]) -> Response:
        """Return the response to one request; a rejected request gets a GraphQL error."""
        negotiated = negotiate(request)
        try:
            if self._single is not None and (response := await self._handle_single_connection(request)) is not None:
                return response
            method = request.method
            if method == "POST":
                return await self._handle_post(request, negotiated)
            if method == "GET" or method == "HEAD":
                return await self._handle_get(request, negotiated)
            allowed = _METHODS if self._single is None else f"{_METHODS}, PUT, DELETE"
            raise RequestRejected(405, "Send GraphQL requests by GET or POST.", headers={"allow": allowed})
        except HTTPException as exc:
            error = exc.error if isinstance(exc, RequestRejected) else {"message": exc.detail}
            body = encode_json({"errors": [error]})
            return Response(body, exc.status_code, exc.headers, negotiated.result or JSON)

    async def _handle_post(self, request: Request[Any], negotiated: Negotiated) -> Response:
        _check_acceptable(negotiated)
        value = await read_body(request, self._uploads)
        if isinstance(value, list):
            return await self._run_batch(request, value, negotiated)  # pyright: ignore[reportUnknownArgumentType]
        return await self._run(request, await self._engine.resolve(read_operation(value)), negotiated)

    async def _handle_get(self, request: Request[Any], negotiated: Negotiated) -> Response:
        parameters = request.query_params
        asset = parameters.get(IDE.asset_parameter)
        asks = "query" in parameters or "documentId" in parameters or "extensions" in parameters
        if not asks and (asset is not None or negotiated.page):
            return await self._ide.get_response(asset, self._hooks.is_debug(request))
        _check_acceptable(negotiated)
        operation = await self._engine.resolve(read_query(parameters))
        if operation.kind == "mutation":
            raise RequestRejected(405, "Send mutations by POST.", headers={"allow": "POST"})
        response = await self._run(request, operation, negotiated)
        return cacheable(request, response) if operation.kind == "query" else response

    async def _run(self, request: Request[Any], operation: RunnableOperation, negotiated: Negotiated) -> Response:
        if negotiated.stream is not None and (negotiated.result is None or operation.kind == "subscription"):
            return await self._stream(request, operation, negotiated)
        if operation.kind == "subscription":
            raise RequestRejected(
                406, "Subscriptions need `Accept: text/event-stream` or `multipart/mixed`, or a WebSocket."
            )
        if operation.kind == "mutation" and negotiated.stream is None:
            self._reject_increments(operation)
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        result = await self._engine.execute(operation, user_context, root_value)
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            return await self._stream_increments(context, result, negotiated)
        format_error = error_formatter(self._hooks, request)
        assert negotiated.result is not None
        _record_errors(request, bool(result.errors))
        body = encode_json(format_result(result, format_error))
        return make_response(context.response, body, _status(result, negotiated), negotiated.result)

    def _reject_increments(self, operation: RunnableOperation) -> None:
        """Reject a mutation whose result could not be sent, before it changes anything."""
        if self._engine.documents.prepare(operation.text).asks_for_increments:
            raise RequestRejected(406, _NO_INCREMENTS)

    async def _prepare(self, context: GraphQLContext) -> tuple[Any, Any]:
        return await self._hooks.get_context(context), await self._hooks.get_root_value(context)

    async def _run_batch(self, request: Request[Any], values: list[Any], negotiated: Negotiated) -> Response:
        operations = [await self._resolve_member(value) for value in self._checked_batch(values, negotiated)]
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        format_error = error_formatter(self._hooks, request)

        async def run(operation: RunnableOperation | RequestRejected) -> dict[str, Any]:
            if isinstance(operation, RequestRejected):
                return {"errors": [operation.error]}
            return await _format_batch_result(
                await self._engine.execute(operation, user_context, root_value), format_error
            )

        if any(isinstance(operation, RunnableOperation) and operation.kind == "mutation" for operation in operations):
            results = [await run(operation) for operation in operations]
        else:
            results = await asyncio.gather(*(run(operation) for operation in operations))
        assert negotiated.result is not None
        _record_errors(request, any(result.get("errors") for result in results))
        return make_response(context.response, encode_json(results), 200, negotiated.result)

    async def _resolve_member(self, value: object) -> RunnableOperation | RequestRejected:
        """Return an operation of a batch, or why it is rejected."""
        try:
            operation = await self._engine.resolve(read_operation(value))
            if operation.kind == "subscription":
                raise RequestRejected(400, "A batch takes queries and mutations only; send a subscription on its own.")
            if operation.kind == "mutation":
                self._reject_increments(operation)
        except RequestRejected as rejection:
            return rejection
        return operation

    def _checked_batch(self, values: list[Any], negotiated: Negotiated) -> list[Any]:
        if not self._batching:
            raise RequestRejected(400, "Batching is off; send one operation, a JSON object, for each request.")
        if not values:
            raise RequestRejected(400, "The batch is empty; it needs at least one operation.")
        limit = self._engine.limits.max_batch_size
        if limit is not None and len(values) > limit:
            raise RequestRejected(400, f"The batch has {len(values)} operations; at most {limit} are allowed.")
        if negotiated.result is None:
            raise RequestRejected(406, f"The response to a batch is {JSON}, which the Accept header does not accept.")
        return values

    async def _stream(self, request: Request[Any], operation: RunnableOperation, negotiated: Negotiated) -> Response:
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        if operation.kind == "subscription":
            frames = self._engine.stream(operation, user_context, root_value)
        else:
            # Before the response starts, so that resolvers can set its headers and an outer transaction can roll back.
            result = await self._engine.execute(operation, user_context, root_value)
            _record_errors(request, _has_errors(result))
            frames = self._engine.frames(result)
        return stream_response(context.response, self._format_all(request, frames), negotiated)

    async def _stream_increments(self, context: GraphQLContext, result: Any, negotiated: Negotiated) -> Response:
        if negotiated.stream is None:
            await result.subsequent_results.aclose()
            raise RequestRejected(406, _NO_INCREMENTS)
        _record_errors(context.request, _has_errors(result))
        frames = self._format_all(context.request, self._engine.frames(result))
        return stream_response(context.response, frames, negotiated._replace(subscription=False))

    async def _format_all(self, request: Request[Any], frames: AsyncGenerator[Any]) -> AsyncGenerator[dict[str, Any]]:
        form = FrameFormat(error_formatter(self._hooks, request))
        async with aclosing(frames):
            async for frame in frames:
                yield form.format(frame)

    async def _handle_single_connection(self, request: Request[Any]) -> Response | None:
        assert self._single is not None
        if request.method == "PUT":
            # A context that rejects operations rejects the reservation of streams too.
            await self._hooks.get_context(GraphQLContext(request))
        response = await self._single.handle(request)
        if response is not None or request.method != "POST":
            return response
        stream = self._single.stream_of(request)
        if stream is None:
            return None
        sent = read_operation(await read_body(request, uploads=False))
        operation_id = self._single.operation_id(stream, sent)
        operation = await self._engine.resolve(sent)
        errors = self._errors_before_run(operation)
        if errors:
            format_error = error_formatter(self._hooks, request)
            body = encode_json({"errors": [format_error(error) for error in errors]})
            return Response(body, 400, media_type=negotiate(request).result or JSON)
        user_context, root_value = await self._prepare(GraphQLContext(request))
        frames = self._engine.stream(operation, user_context, root_value)
        self._single.start(stream, operation_id, self._format_all(request, frames))
        return Response(status_code=202)

    def _errors_before_run(self, operation: RunnableOperation) -> list[GraphQLError]:
        if operation.error is not None:
            return [operation.error]
        return self._engine.documents.prepare(operation.text).errors


def _check_acceptable(negotiated: Negotiated) -> None:
    if negotiated.result is None and negotiated.stream is None:
        raise RequestRejected(406, f"Responses are application/graphql-response+json or {JSON}; accept one of them.")


def _status(result: Any, negotiated: Negotiated) -> int:
    """Return the status of a single result (GraphQL over HTTP, section 6.4)."""
    if negotiated.result == JSON or not is_request_error(result):
        return 200
    return 503 if isinstance(result, TimedOut) else 400


async def _format_batch_result(result: Any, format_error: Any) -> dict[str, Any]:
    if isinstance(result, ExperimentalIncrementalExecutionResults):
        subsequent: Any = result.subsequent_results
        await subsequent.aclose()
        return {"errors": [{"message": "A batch cannot use @defer and @stream; send this operation on its own."}]}
    return format_result(result, format_error)


def _has_errors(result: Any) -> bool:
    """Return whether a result, or the first one of incremental delivery, has errors."""
    first: Any = result.initial_result if isinstance(result, ExperimentalIncrementalExecutionResults) else result
    return bool(first.errors)


def _record_errors(request: Request[Any], has_errors: bool) -> None:
    """Record errors that a status of 200 does not show, so that an outer transaction can roll back."""
    if has_errors:
        scope_record(request.scope)["result_has_errors"] = True
