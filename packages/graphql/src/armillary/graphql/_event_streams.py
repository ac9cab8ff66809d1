"""Event streams that carry several operations (GraphQL over SSE, single connection mode)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from logging import getLogger
from secrets import token_urlsafe
from typing import Any

from armillary.http import ServerSentEvent, encode_json

from ._error_format import MASKED
from ._refusal import Refusal

_logger = getLogger("armillary.graphql")

RESERVATION_SECONDS = 60.0
"""How long a reserved stream waits to be opened."""

QUEUED_EVENTS = 100
"""Events that wait for a slow client before the operations do."""

TOKEN_HEADER = "x-graphql-event-stream-token"
TOKEN_PARAMETER = "token"


class EventStream:
    """One stream, reserved or open.

    Attributes:
        token: what a client shows to use it.
        operations: what runs on it, by id.
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
        # Encoded here: what cannot be is a failure of this operation, not of those beside it.
        await self._events.put(ServerSentEvent(encode_json(data).decode(), event=event))

    async def events(self) -> AsyncGenerator[ServerSentEvent]:
        """Give the events as they come, without end."""
        while True:
            yield await self._events.get()

    def start(self, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        """Run an operation until it ends, is stopped, or the stream is closed."""
        task = asyncio.create_task(self._run(operation_id, results))
        self.operations[operation_id] = task
        task.add_done_callback(lambda done: self._ended(operation_id, done))

    async def _run(self, operation_id: str, results: AsyncGenerator[dict[str, Any]]) -> None:
        try:
            async with aclosing(results):
                async for result in results:
                    await self.send("next", operation_id, result)
        except Exception:
            _logger.exception("A GraphQL operation on an event stream failed outside its resolvers")
            await self.send("next", operation_id, {"errors": [{"message": MASKED}]})
        await self.send("complete", operation_id)

    def _ended(self, operation_id: str, task: asyncio.Task[None]) -> None:
        if self.operations.get(operation_id) is task:
            del self.operations[operation_id]

    def stop(self, operation_id: str) -> bool:
        """Stop one operation; False where none of that id runs."""
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
        most: streams reserved or open at a time; None for any number.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._streams: dict[str, EventStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    def reserve(self) -> str:
        """Return the token of a new stream, which is to be opened soon.

        Raises:
            Refusal: 503, there are too many.
        """
        if self._most is not None and len(self._streams) >= self._most:
            raise Refusal(503, "Too many event streams are open; try again later.", headers={"retry-after": "60"})
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
            Refusal: 404, there is none.
        """
        stream = self._streams.get(token)
        if stream is None:
            raise Refusal(404, "There is no event stream of that token; reserve one with PUT.")
        return stream

    def open(self, token: str) -> EventStream:
        """Return the stream of a token, to be read by the caller alone until `release`.

        Raises:
            Refusal: 404, there is none; 409, it is open already.
        """
        stream = self.find(token)
        if stream.is_open:
            raise Refusal(409, "The event stream of that token is open already.")
        stream.is_open = True
        return stream

    async def release(self, stream: EventStream) -> None:
        """Forget a stream whose client has gone, and stop what ran on it."""
        self._streams.pop(stream.token, None)
        await stream.close()
