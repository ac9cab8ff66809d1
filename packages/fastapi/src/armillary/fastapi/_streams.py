"""Responses of endpoints that are generators: Server-Sent Events, JSON Lines, and what a response class streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import anyio.lowlevel
from anyio.abc import ObjectReceiveStream

from ._errors import endpoint_context
from ._fastapi import compat, exceptions, models, routing
from ._parameters import value_validator
from ._plain_data import is_plain
from ._responses import ResponseMaker, response_arguments
from ._solving import Solving

Encode = Callable[[Any], bytes]


class StreamMaker(ResponseMaker):
    """Makes the responses of a route whose endpoint is a generator."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.call = options.dependant.call
        self.is_async = models._is_async_gen_callable(self.call)
        self.item_field = options.stream_item_field
        self.sends_events = compat.lenient_issubclass(self.response_class, routing.EventSourceResponse)
        self.sends_lines = options.is_json_stream and not self.sends_events
        if self.item_field is not None:
            self.validate_item = value_validator(self.item_field, ("response",))

    async def stream(self, values: dict[str, Any], solving: Solving) -> Any:
        """Return the response that streams what the endpoint yields.

        Args:
            values: the arguments of the endpoint.
            solving: the request, with its exit stack in the scope.
        """
        items = self.call(**values)
        arguments = response_arguments(self.status_code, solving)
        if self.sends_events:
            response = await self._events(items, solving, arguments)
        elif self.sends_lines:
            lines = self._lines_of(items, solving) if self.is_async else self._lines_in_thread(items, solving)
            response = routing.StreamingResponse(lines, media_type="application/jsonl", **arguments)
        else:
            response = self.response_class(content=_yielding(items) if self.is_async else items, **arguments)
        if solving.response is not None:
            response.headers.raw.extend(solving.response.headers.raw)
        return response

    async def _lines_of(self, items: Any, solving: Solving) -> AsyncIterator[bytes]:
        async for item in items:
            yield self._json(item, solving) + b"\n"
            await anyio.lowlevel.checkpoint()

    def _lines_in_thread(self, items: Any, solving: Solving) -> Iterator[bytes]:
        for item in items:
            yield self._json(item, solving) + b"\n"

    async def _events(self, items: Any, solving: Solving, arguments: dict[str, Any]) -> Any:
        """Return the response of events, whose tasks end with the exit stack of the request."""
        stack = solving.request.scope["fastapi_inner_astack"]
        iterator = items if self.is_async else routing.iterate_in_threadpool(items)
        events = await stack.enter_async_context(_paced(iterator, lambda item: self._event(item, solving)))
        stack.push_async_callback(events.aclose)
        response = routing.StreamingResponse(_yielding(events), media_type="text/event-stream", **arguments)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
        return response

    def _event(self, item: Any, solving: Solving) -> bytes:
        event: bytes
        if not isinstance(item, routing.ServerSentEvent):
            event = routing.format_sse_event(data_str=self._json(item, solving).decode())
            return event
        data = item.raw_data
        if data is None and item.data is not None:
            is_model = hasattr(item.data, "model_dump_json")
            data = item.data.model_dump_json() if is_model else _encoded(item.data)
        event = routing.format_sse_event(
            data_str=data, event=item.event, id=item.id, retry=item.retry, comment=item.comment
        )
        return event

    def _json(self, item: Any, solving: Solving) -> bytes:
        """Return an item as JSON, validated if the endpoint says what it yields."""
        if self.item_field is None:
            return _encoded(item).encode()
        value, errors = self.validate_item(item)
        if errors:
            context = endpoint_context(self.dependant, solving.request)
            raise exceptions.ResponseValidationError(errors=errors, body=item, endpoint_ctx=context)
        encoded: bytes = self.item_field.serialize_json(value, **self.export_options)
        return encoded


def _encoded(data: Any) -> str:
    left = data if is_plain(data) else routing.jsonable_encoder(data)
    return json.dumps(routing._normalize_non_finite_floats(left))


async def _yielding(items: Any) -> AsyncIterator[Any]:
    """Yield items, and let other tasks run after each: a fast generator never waits, and could not be cancelled."""
    async for item in items:
        yield item
        await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def _paced(items: Any, encode: Encode) -> AsyncGenerator[ObjectReceiveStream[bytes]]:
    """Run an iterator of events in a task, and keep the connection alive with comments while it yields none.

    The generator is never cancelled to send one: it runs in a task, and only the wait for its next event is timed.
    """
    to_pace, encoded = anyio.create_memory_object_stream[bytes](1)
    to_send, paced = anyio.create_memory_object_stream[bytes](1)

    async def produce() -> None:
        async with to_pace:
            async for item in items:
                await to_pace.send(encode(item))

    async def pace() -> None:
        async with to_send, encoded:
            with suppress(anyio.EndOfStream):
                while True:
                    event = routing.KEEPALIVE_COMMENT
                    with anyio.move_on_after(routing._PING_INTERVAL):
                        event = await encoded.receive()
                    await to_send.send(event)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(produce)
        tasks.start_soon(pace)
        yield paced
        tasks.cancel_scope.cancel()
