"""Event streams that carry several operations (GraphQL over SSE, single connection mode)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from logging import getLogger
from secrets import token_urlsafe
from typing import Any

from armillary.concurrency import FairTurn
from armillary.http import ServerSentEvent
from armillary.serialization import encode_json

from .._operation import RequestRejected
from ..results._format import MASKED_MESSAGE

_logger = getLogger("armillary.graphql")

RESERVATION_SECONDS = 60.0
"""Seconds after which a reserved stream that was not opened expires."""

QUEUED_EVENTS = 100
"""Events that are queued for a slow client before its operations are paused."""

TOKEN_HEADER = "x-graphql-event-stream-token"
TOKEN_PARAMETER = "token"


class EventStream:
    """One stream, reserved or open.

    Attributes:
        token: identifies it in the requests of its client.
        operations: the operations that run on it, by id.
        is_open: whether a client reads it.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.operations: dict[str, asyncio.Task[None]] = {}
        self.is_open = False
        self._events: asyncio.Queue[ServerSentEvent] = asyncio.Queue(QUEUED_EVENTS)

    async def send(self, event: str, operation_id: str, payload: dict[str, Any] | None = None) -> None:
        """Send one event of an operation; waits while the client is slow."""
        data: dict[str, Any] = {"id": operation_id}
        if payload is not None:
            data["payload"] = payload
        # Encoded here, so that a failure to encode fails only this operation, not the whole stream.
        await self._events.put(ServerSentEvent(encode_json(data).decode(), event=event))

    async def events(self) -> AsyncGenerator[ServerSentEvent]:
        """Yield the events as they are sent, without end."""
        while True:
            yield await self._events.get()

    def start(self, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        """Run an operation until it ends, is stopped, or the stream is closed."""
        task = asyncio.create_task(self._run(operation_id, results))
        self.operations[operation_id] = task
        task.add_done_callback(lambda done: self._discard(operation_id, done))

    async def _run(self, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        turn = FairTurn()
        try:
            async with aclosing(results):
                async for result in results:
                    await self.send("next", operation_id, result)
                    if turn.is_due():
                        await turn.give()
        except Exception:
            _logger.exception("A GraphQL operation on an event stream failed outside its resolvers")
            await self.send("next", operation_id, {"errors": [{"message": MASKED_MESSAGE}]})
        await self.send("complete", operation_id)

    def _discard(self, operation_id: str, task: asyncio.Task[None]) -> None:
        if self.operations.get(operation_id) is task:
            del self.operations[operation_id]

    def stop(self, operation_id: str) -> bool:
        """Stop one operation; return False if none with that id runs."""
        task = self.operations.pop(operation_id, None)
        return task is not None and task.cancel()

    async def close(self) -> None:
        """Stop all operations, and wait until they have ended."""
        tasks = list(self.operations.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class EventStreams:
    """The streams of this process, by token.

    Args:
        max_streams: streams reserved or open at the same time; None for no limit.
    """

    def __init__(self, max_streams: int | None) -> None:
        self._max_streams = max_streams
        self._streams: dict[str, EventStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def reserve(self) -> str:
        """Return the token of a new stream, which expires unless it is opened.

        Raises:
            RequestRejected: 503, there are too many streams.
        """
        if self._max_streams is not None and len(self._streams) >= self._max_streams:
            raise RequestRejected(
                503, "Too many event streams are open; try again later.", headers={"retry-after": "60"}
            )
        stream = EventStream(token_urlsafe(32))
        self._streams[stream.token] = stream
        asyncio.get_running_loop().call_later(RESERVATION_SECONDS, self._expire, stream)
        return stream.token

    def _expire(self, stream: EventStream) -> None:
        if not stream.is_open and self._streams.pop(stream.token, None) is not None:
            for task in stream.operations.values():
                task.cancel()

    def find(self, token: str) -> EventStream:
        """Return the stream of a token.

        Raises:
            RequestRejected: 404, there is no such stream.
        """
        stream = self._streams.get(token)
        if stream is None:
            raise RequestRejected(404, "There is no event stream with that token; reserve one with PUT.")
        return stream

    def open(self, token: str) -> EventStream:
        """Return the stream of a token, reserved for the caller until `release`.

        Raises:
            RequestRejected: 404, there is no such stream; 409, it is open already.
        """
        stream = self.find(token)
        if stream.is_open:
            raise RequestRejected(409, "The event stream with that token is open already.")
        stream.is_open = True
        return stream

    async def release(self, stream: EventStream) -> None:
        """Remove a stream whose client disconnected, and stop its operations."""
        self._streams.pop(stream.token, None)
        await stream.close()
