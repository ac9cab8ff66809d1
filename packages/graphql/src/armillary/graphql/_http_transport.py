"""GraphQL over HTTP: requests in, answers of the form the client takes out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from armillary.asgi_types import HTTPException, scope_record
from armillary.http import Request, Response, encode_json
from graphql import GraphQLError
from graphql.execution import ExperimentalIncrementalExecutionResults

from ._context import GraphQLContext
from ._engine import RunnableOperation
from ._event_streams import EventStreams
from ._hooks import Hooks, error_formatter
from ._http_answer import cacheable, make_response, stream_response
from ._http_body import read_body, read_query
from ._ide import IDE
from ._increments import asks_for_increments
from ._negotiation import JSON, Wish, negotiate
from ._operation import read_operation
from ._refusal import Refusal
from ._result_format import FrameFormat, format_result, is_request_error
from ._single_connection import SingleConnection
from ._time_limit import TimedOut

_METHODS = "GET, POST"
_NO_INCREMENTS = "@defer and @stream need `Accept: multipart/mixed` or `text/event-stream`."


class HTTPTransport:
    """Answers HTTP requests.

    Args:
        hooks: the application object.
        ide: the page for browsers.
        batching: whether a list of operations is taken.
        uploads: whether forms with files are taken.
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

    async def answer(self, request: Request[Any]) -> Response:
        """Return the answer to one request; what the client did wrong is told as a GraphQL error."""
        wish = negotiate(request.headers.get("accept"))
        try:
            if self._single is not None and (response := await self._single_answer(request)) is not None:
                return response
            method = request.method
            if method == "POST":
                return await self._answer_post(request, wish)
            if method == "GET" or method == "HEAD":
                return await self._answer_get(request, wish)
            allowed = _METHODS if self._single is None else f"{_METHODS}, PUT, DELETE"
            raise Refusal(405, "GraphQL is asked by GET or POST.", headers={"allow": allowed})
        except HTTPException as exc:
            error = exc.error if isinstance(exc, Refusal) else {"message": exc.detail}
            body = encode_json({"errors": [error]})
            return Response(body, exc.status_code, exc.headers, wish.result or JSON)

    async def _answer_post(self, request: Request[Any], wish: Wish) -> Response:
        _check_acceptable(wish)
        value = await read_body(request, self._uploads)
        if isinstance(value, list):
            return await self._run_batch(request, value, wish)  # pyright: ignore[reportUnknownArgumentType]
        return await self._run(request, await self._engine.resolve(read_operation(value)), wish)

    async def _answer_get(self, request: Request[Any], wish: Wish) -> Response:
        parameters = request.query_params
        asset = parameters.get(IDE.asset_parameter)
        asks = "query" in parameters or "documentId" in parameters or "extensions" in parameters
        if not asks and (asset is not None or wish.page):
            return await self._ide.answer(asset, self._hooks.is_debug(request))
        _check_acceptable(wish)
        operation = await self._engine.resolve(read_query(parameters))
        if operation.kind == "mutation":
            raise Refusal(405, "Mutations are sent by POST.", headers={"allow": "POST"})
        response = await self._run(request, operation, wish)
        return cacheable(request, response) if operation.kind == "query" else response

    async def _run(self, request: Request[Any], operation: RunnableOperation, wish: Wish) -> Response:
        if wish.stream is not None and (wish.result is None or operation.kind == "subscription"):
            return await self._stream(request, operation, wish)
        if operation.kind == "subscription":
            raise Refusal(406, "Subscriptions need `Accept: text/event-stream` or `multipart/mixed`, or a WebSocket.")
        if operation.kind == "mutation" and wish.stream is None:
            self._refuse_increments(operation)
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        result = await self._engine.execute(operation, user_context, root_value)
        if isinstance(result, ExperimentalIncrementalExecutionResults):
            return await self._stream_increments(context, result, wish)
        format_error = error_formatter(self._hooks, request)
        assert wish.result is not None
        _note_errors(request, bool(result.errors))
        body = encode_json(format_result(result, format_error))
        return make_response(context.response, body, _status(result, wish), wish.result)

    def _refuse_increments(self, operation: RunnableOperation) -> None:
        """Refuse a mutation whose result could not be sent, before it changes anything."""
        if asks_for_increments(operation.text, self._engine.documents.prepare(operation.text).node):
            raise Refusal(406, _NO_INCREMENTS)

    async def _prepare(self, context: GraphQLContext) -> tuple[Any, Any]:
        return await self._hooks.get_context(context), await self._hooks.get_root_value(context)

    async def _run_batch(self, request: Request[Any], values: list[Any], wish: Wish) -> Response:
        operations = [await self._resolve_member(value) for value in self._checked_batch(values, wish)]
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        format_error = error_formatter(self._hooks, request)

        async def run(operation: RunnableOperation | Refusal) -> dict[str, Any]:
            if isinstance(operation, Refusal):
                return {"errors": [operation.error]}
            return await _whole(await self._engine.execute(operation, user_context, root_value), format_error)

        if any(isinstance(operation, RunnableOperation) and operation.kind == "mutation" for operation in operations):
            results = [await run(operation) for operation in operations]
        else:
            results = await asyncio.gather(*(run(operation) for operation in operations))
        assert wish.result is not None
        _note_errors(request, any(result.get("errors") for result in results))
        return make_response(context.response, encode_json(results), 200, wish.result)

    async def _resolve_member(self, value: object) -> RunnableOperation | Refusal:
        """Return an operation of a batch, or why it alone is not run."""
        try:
            operation = await self._engine.resolve(read_operation(value))
            if operation.kind == "subscription":
                raise Refusal(400, "A batch takes queries and mutations only; send a subscription on its own.")
            if operation.kind == "mutation":
                self._refuse_increments(operation)
        except Refusal as refusal:
            return refusal
        return operation

    def _checked_batch(self, values: list[Any], wish: Wish) -> list[Any]:
        if not self._batching:
            raise Refusal(400, "Batching is off; send one operation, a JSON object, for each request.")
        if not values:
            raise Refusal(400, "The batch is empty; it needs at least one operation.")
        most = self._engine.limits.max_batch_size
        if most is not None and len(values) > most:
            raise Refusal(400, f"The batch has {len(values)} operations; at most {most} are allowed.")
        if wish.result is None:
            raise Refusal(406, f"A batch is answered in {JSON}, which the Accept header does not take.")
        return values

    async def _stream(self, request: Request[Any], operation: RunnableOperation, wish: Wish) -> Response:
        context = GraphQLContext(request)
        user_context, root_value = await self._prepare(context)
        if operation.kind == "subscription":
            frames = self._engine.stream(operation, user_context, root_value)
        else:
            # Before the answer starts, so that resolvers can set its headers and a transaction around can roll back.
            result = await self._engine.execute(operation, user_context, root_value)
            _note_errors(request, _has_errors(result))
            frames = self._engine.frames(result)
        return stream_response(context.response, self._format_all(request, frames), wish)

    async def _stream_increments(self, context: GraphQLContext, result: Any, wish: Wish) -> Response:
        if wish.stream is None:
            await result.subsequent_results.aclose()
            raise Refusal(406, _NO_INCREMENTS)
        _note_errors(context.request, _has_errors(result))
        frames = self._format_all(context.request, self._engine.frames(result))
        return stream_response(context.response, frames, wish._replace(subscription=False))

    async def _format_all(self, request: Request[Any], frames: AsyncGenerator[Any]) -> AsyncGenerator[dict[str, Any]]:
        form = FrameFormat(error_formatter(self._hooks, request))
        async with aclosing(frames):
            async for frame in frames:
                yield form.format(frame)

    async def _single_answer(self, request: Request[Any]) -> Response | None:
        assert self._single is not None
        if request.method == "PUT":
            # What refuses operations refuses streams for them.
            await self._hooks.get_context(GraphQLContext(request))
        response = await self._single.answer(request)
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
            return Response(body, 400, media_type=negotiate(request.headers.get("accept")).result or JSON)
        user_context, root_value = await self._prepare(GraphQLContext(request))
        frames = self._engine.stream(operation, user_context, root_value)
        self._single.start(stream, operation_id, self._format_all(request, frames))
        return Response(status_code=202)

    def _errors_before_run(self, operation: RunnableOperation) -> list[GraphQLError]:
        if operation.error is not None:
            return [operation.error]
        return self._engine.documents.prepare(operation.text).errors


def _check_acceptable(wish: Wish) -> None:
    if wish.result is None and wish.stream is None:
        raise Refusal(406, f"Answers come as application/graphql-response+json or {JSON}; accept one of them.")


def _status(result: Any, wish: Wish) -> int:
    """Return the status of a single result (GraphQL over HTTP, section 6.4)."""
    if wish.result == JSON or not is_request_error(result):
        return 200
    return 503 if isinstance(result, TimedOut) else 400


async def _whole(result: Any, format_error: Any) -> dict[str, Any]:
    if isinstance(result, ExperimentalIncrementalExecutionResults):
        subsequent: Any = result.subsequent_results
        await subsequent.aclose()
        return {"errors": [{"message": "@defer and @stream are not for batches; send this operation on its own."}]}
    return format_result(result, format_error)


def _has_errors(result: Any) -> bool:
    """Tell whether a result, or the first one of incremental delivery, has errors."""
    first: Any = result.initial_result if isinstance(result, ExperimentalIncrementalExecutionResults) else result
    return bool(first.errors)


def _note_errors(request: Request[Any], has_errors: bool) -> None:
    """Say in the record what a status of 200 does not, so that a transaction around can roll back."""
    if has_errors:
        scope_record(request.scope)["result_has_errors"] = True
