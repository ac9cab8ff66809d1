"""The requests by which a client reserves, reads and stops operations on one event stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from armillary.http import EventSourceResponse, PlainTextResponse, Request, Response, ServerSentEvent

from .._operation import Operation, RequestRejected
from ..http._negotiation import EVENT_STREAM, negotiate
from ._event_streams import TOKEN_HEADER, TOKEN_PARAMETER, EventStream, EventStreams


def stream_token(request: Request[Any]) -> str | None:
    """Return the token of a request; None if it has none."""
    return request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN_PARAMETER)


class SingleConnection:
    """Handles the requests of single connection mode.

    Args:
        streams: the streams of this process.
        max_operations: operations at the same time on one stream; None for no limit.
    """

    def __init__(self, streams: EventStreams, max_operations: int | None) -> None:
        self.streams = streams
        self._max_operations = max_operations

    async def handle(self, request: Request[Any]) -> Response | None:
        """Return the response to a request that reserves or opens a stream, or stops an operation; else None."""
        method = request.method
        if method == "PUT":
            return PlainTextResponse(self.streams.reserve(), 201, {"cache-control": "no-store"})
        token = stream_token(request)
        if method == "DELETE":
            return self._stop(request, token)
        if method == "GET" and token is not None and negotiate(request).stream == EVENT_STREAM:
            return EventSourceResponse(self._read(self.streams.open(token)))
        return None

    def stream_of(self, request: Request[Any]) -> EventStream | None:
        """Return the stream whose token a request has; None if it has none.

        Raises:
            RequestRejected: 404, there is no such stream.
        """
        token = stream_token(request)
        return None if token is None else self.streams.find(token)

    def operation_id(self, stream: EventStream, operation: Operation) -> str:
        """Return the id of an operation on its stream.

        Raises:
            RequestRejected: 400, it has none; 409, it is in use; 429, too many operations run there.
        """
        operation_id = (operation.extensions or {}).get("operationId")
        if not isinstance(operation_id, str) or not operation_id:
            raise RequestRejected(400, "An operation for an event stream needs a string `extensions.operationId`.")
        self._check_place(stream, operation_id)
        return operation_id

    def start(self, stream: EventStream, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        """Run an operation on its stream.

        What `operation_id` checked is checked again: other requests came in while this one was prepared.

        Raises:
            RequestRejected: 404, the stream is closed; 409 and 429, as above.
        """
        self.streams.find(stream.token)
        self._check_place(stream, operation_id)
        stream.start(operation_id, results)

    def _check_place(self, stream: EventStream, operation_id: str) -> None:
        if operation_id in stream.operations:
            raise RequestRejected(409, f"An operation {operation_id!r} runs on this event stream already.")
        if self._max_operations is not None and len(stream.operations) >= self._max_operations:
            raise RequestRejected(429, f"At most {self._max_operations} operations may run at a time.")

    def _stop(self, request: Request[Any], token: str | None) -> Response:
        if token is None:
            raise RequestRejected(400, "Send the token of the event stream to stop an operation on it.")
        operation_id = request.query_params.get("operationId")
        if not operation_id:
            raise RequestRejected(400, "Name the operation to stop in the parameter `operationId`.")
        self.streams.find(token).stop(operation_id)
        return Response(status_code=200)

    async def _read(self, stream: EventStream) -> AsyncGenerator[ServerSentEvent]:
        try:
            async for event in stream.events():
                yield event
        finally:
            await self.streams.release(stream)
