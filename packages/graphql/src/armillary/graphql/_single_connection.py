"""The requests by which a client reserves, reads and stops operations on one event stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from armillary.http import EventSourceResponse, PlainTextResponse, Request, Response, ServerSentEvent

from ._event_streams import TOKEN_HEADER, TOKEN_PARAMETER, EventStream, EventStreams
from ._negotiation import EVENT_STREAM, negotiate
from ._operation import Operation
from ._refusal import Refusal


def stream_token(request: Request[Any]) -> str | None:
    """Return the token a request shows; None where it shows none."""
    return request.headers.get(TOKEN_HEADER) or request.query_params.get(TOKEN_PARAMETER)


class SingleConnection:
    """Answers what is particular to single connection mode.

    Args:
        streams: the streams of this process.
        most: operations at a time on one stream; None for any number.
    """

    def __init__(self, streams: EventStreams, most: int | None) -> None:
        self.streams = streams
        self._most = most

    async def answer(self, request: Request[Any]) -> Response | None:
        """Return the answer to a reservation, to its fulfilment or to a stop; None for anything else."""
        method = request.method
        if method == "PUT":
            return PlainTextResponse(self.streams.reserve(), 201, {"cache-control": "no-store"})
        token = stream_token(request)
        if method == "DELETE":
            return self._stop(request, token)
        if method == "GET" and token is not None and negotiate(request.headers.get("accept")).stream == EVENT_STREAM:
            return EventSourceResponse(self._read(self.streams.open(token)))
        return None

    def stream_of(self, request: Request[Any]) -> EventStream | None:
        """Return the stream whose token a request shows; None where it shows none.

        Raises:
            Refusal: 404, there is no such stream.
        """
        token = stream_token(request)
        return None if token is None else self.streams.find(token)

    def operation_id(self, stream: EventStream, operation: Operation) -> str:
        """Return the id an operation is to have on its stream.

        Raises:
            Refusal: 400, it has none; 409, it is in use; 429, too many operations run there.
        """
        operation_id = (operation.extensions or {}).get("operationId")
        if not isinstance(operation_id, str) or not operation_id:
            raise Refusal(400, "An operation for an event stream needs a string `extensions.operationId`.")
        self._check_place(stream, operation_id)
        return operation_id

    def start(self, stream: EventStream, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        """Run an operation on its stream.

        What `operation_id` found is looked at again: other requests came in while this one was prepared.

        Raises:
            Refusal: 404, the stream is gone; 409 and 429, as above.
        """
        self.streams.find(stream.token)
        self._check_place(stream, operation_id)
        stream.start(operation_id, results)

    def _check_place(self, stream: EventStream, operation_id: str) -> None:
        if operation_id in stream.operations:
            raise Refusal(409, f"An operation {operation_id!r} runs on this event stream already.")
        if self._most is not None and len(stream.operations) >= self._most:
            raise Refusal(429, f"At most {self._most} operations may run at a time.")

    def _stop(self, request: Request[Any], token: str | None) -> Response:
        if token is None:
            raise Refusal(400, "Show the token of the event stream to stop an operation on it.")
        operation_id = request.query_params.get("operationId")
        if not operation_id:
            raise Refusal(400, "Name the operation to stop in the parameter `operationId`.")
        self.streams.find(token).stop(operation_id)
        return Response(status_code=200)

    async def _read(self, stream: EventStream) -> AsyncGenerator[ServerSentEvent]:
        try:
            async for event in stream.events():
                yield event
        finally:
            await self.streams.release(stream)
