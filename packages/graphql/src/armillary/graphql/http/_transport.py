"""GraphQL over HTTP: from a request to a response in the format negotiated with the client."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from graphql import GraphQLError
from graphql.execution import ExperimentalIncrementalExecutionResults

from armillary.asgi_types import HTTPException
from armillary.http import Request, Response
from armillary.serialization import encode_json

from .._context import GraphQLContext
from .._hooks import Hooks, error_formatter, make_values
from .._operation import RequestRejected, error_of, read_operation
from ..execution._engine import RunnableOperation
from ..results._format import FrameFormat, format_result
from ..streams._event_streams import EventStreams
from ..streams._single_connection import SingleConnection
from ._batch import Batches
from ._body import read_body, read_query
from ._ide import IDE
from ._negotiation import JSON, Negotiated, negotiate
from ._response import cacheable, make_response, stream_response
from ._result import NO_INCREMENTS, check_acceptable, has_errors, record_errors, reject_increments, status_of

_METHODS = "GET, POST"


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
        self._batches = Batches(hooks, batching)
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
            body = encode_json({"errors": [error_of(exc)]})
            return Response(body, exc.status_code, exc.headers, negotiated.result or JSON)

    async def _handle_post(self, request: Request[Any], negotiated: Negotiated) -> Response:
        check_acceptable(negotiated)
        value = await read_body(request, self._uploads)
        if isinstance(value, list):
            return await self._batches.run(request, value, negotiated)  # pyright: ignore[reportUnknownArgumentType]
        return await self._run(request, await self._engine.resolve(read_operation(value)), negotiated)

    async def _handle_get(self, request: Request[Any], negotiated: Negotiated) -> Response:
        parameters = request.query_params
        asset = parameters.get(IDE.asset_parameter)
        asks = "query" in parameters or "documentId" in parameters or "extensions" in parameters
        if not asks and (asset is not None or negotiated.page):
            return await self._ide.get_response(request, asset, self._hooks.is_debug(request))
        check_acceptable(negotiated)
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
            reject_increments(self._engine, operation)
        context = GraphQLContext(request)
        values = await make_values(self._hooks, context)
        result = await self._engine.execute(operation, values)
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            return await self._stream_increments(operation, context, result, negotiated)
        format_error = error_formatter(self._hooks, request)
        assert negotiated.result is not None
        record_errors(request, bool(result.errors))
        body = encode_json(format_result(result, format_error))
        return make_response(context.response, body, status_of(result, negotiated), negotiated.result)

    async def _stream(self, request: Request[Any], operation: RunnableOperation, negotiated: Negotiated) -> Response:
        context = GraphQLContext(request)
        values = await make_values(self._hooks, context)
        if operation.kind == "subscription":
            frames = self._engine.stream(operation, values)
        else:
            # Before the response starts, so that resolvers can set its headers and an outer transaction can roll back.
            result = await self._engine.execute(operation, values)
            record_errors(request, has_errors(result))
            frames = self._engine.frames(operation, result)
        return stream_response(context.response, self._format_all(request, frames), negotiated)

    async def _stream_increments(
        self, operation: RunnableOperation, context: GraphQLContext, result: Any, negotiated: Negotiated
    ) -> Response:
        if negotiated.stream is None:
            await result.subsequent_results.aclose()
            raise RequestRejected(406, NO_INCREMENTS)
        record_errors(context.request, has_errors(result))
        frames = self._format_all(context.request, self._engine.frames(operation, result))
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
        values = await make_values(self._hooks, GraphQLContext(request))
        frames = self._engine.stream(operation, values)
        self._single.start(stream, operation_id, self._format_all(request, frames))
        return Response(status_code=202)

    def _errors_before_run(self, operation: RunnableOperation) -> list[GraphQLError]:
        if operation.error is not None:
            return [operation.error]
        return self._engine.documents.prepare(operation.text).errors
