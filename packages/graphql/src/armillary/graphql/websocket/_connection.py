"""One WebSocket with the subprotocol `graphql-transport-ws`.

The protocol: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

    client                      server
    connection_init  ------->
                     <-------   connection_ack
    subscribe  id    ------->
                     <-------   next id, any number; or error id
                     <-------   complete id, unless there was an error
    complete   id    ------->   (stops it)
    ping, pong       <------>   at any time
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing, suppress
from logging import getLogger
from typing import Any, ClassVar, cast

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.serialization import encode_json
from armillary.websockets import WebSocket, WebSocketDisconnect

from .._context import GraphQLContext
from .._hooks import Hooks, error_formatter, make_values
from .._operation import RequestRejected, read_operation
from ..execution._operation_state import LateResult
from ..execution._time_limit import result_time
from ..results._format import MASKED_MESSAGE, FrameFormat
from ._messages import (
    ConnectionRejected,
    ProtocolViolation,
    closing_exception,
    read_object,
    read_operation_id,
    receive_message,
)
from ._operations import RunningOperations

_logger = getLogger("armillary.graphql")


class GraphQLConnection:
    """Handles the messages of one accepted WebSocket.

    Args:
        hooks: the application object.
        websocket: accepted, with a subprotocol.
    """

    subprotocol: ClassVar[str] = "graphql-transport-ws"
    start_type: ClassVar[str] = "subscribe"
    result_type: ClassVar[str] = "next"
    stop_type: ClassVar[str] = "complete"

    def __init__(self, hooks: Hooks, websocket: WebSocket[Any]) -> None:
        self._hooks = hooks
        self._limits = hooks.engine.limits
        self._websocket = websocket
        self._format_error = error_formatter(hooks, websocket)
        self._operations = RunningOperations(self._limits.max_subscriptions)
        self._params: dict[str, Any] | None = None
        # An operation ends the connection by ending the time to read its messages.
        self._reading = asyncio.timeout(None)
        self._failure: Exception | None = None

    async def run(self) -> None:
        """Serve the connection until one side closes it; no operation outlives it.

        Raises:
            HTTPException, WebSocketException: why it is to be closed, raised by `on_connect` or for the context.
        """
        try:
            async with self._reading:
                await self._initialise()
                while True:
                    await self.handle(await receive_message(self._websocket))
        except WebSocketDisconnect:
            pass
        except ProtocolViolation as violation:
            await self.stop_all()
            await self._websocket.close(violation.code, violation.reason)
        except TimeoutError:
            if self._failure is None:
                raise
            raise self._failure from None
        finally:
            await self.stop_all()

    async def stop_all(self) -> None:
        """Stop what runs beside the reading of messages."""
        await self._operations.stop_all()

    def _end(self, failure: Exception) -> None:
        """End the connection from one of its operations."""
        if self._failure is None:
            self._failure = failure
            with suppress(RuntimeError):  # Reading has ended already.
                self._reading.reschedule(0)

    async def _initialise(self) -> None:
        """Wait for `connection_init` and acknowledge it."""
        try:
            async with asyncio.timeout(self._limits.connection_init_timeout):
                message = await receive_message(self._websocket)
                while message["type"] != "connection_init":
                    await self.handle_early(message)
                    message = await receive_message(self._websocket)
        except TimeoutError:
            raise ProtocolViolation(4408, "Connection initialisation timeout") from None
        self._params = read_object(message, "payload")
        try:
            async with result_time("on_connect", self._limits.execution_timeout):
                payload = await self._hooks.on_connect(GraphQLContext(self._websocket, self._params))
        except ConnectionRejected:
            payload = False
        except HTTPException as exc:
            closing = closing_exception(exc)
            if isinstance(closing, WebSocketException):
                await self.reject(closing)
            raise
        except LateResult:
            raise ProtocolViolation(4408, "Connection initialisation timeout") from None
        if payload is False:
            await self.reject(ProtocolViolation(4403, "Forbidden"))
        await self.acknowledge(payload if isinstance(payload, dict) else None)

    async def handle_early(self, message: Mapping[str, Any]) -> None:
        """Handle a message received before `connection_init`."""
        if message["type"] in (self.start_type, self.stop_type):
            raise ProtocolViolation(4401, "Unauthorized")
        await self.handle(message)

    async def reject(self, closing: ProtocolViolation | WebSocketException) -> None:
        """Close the connection, as `on_connect` rejected the client."""
        raise closing

    async def acknowledge(self, payload: dict[str, Any] | None) -> None:
        """Send the acknowledgement, after which the client may start operations."""
        ack: dict[str, Any] = {"type": "connection_ack"}
        await self.send(ack if payload is None else {**ack, "payload": payload})

    async def handle(self, message: Mapping[str, Any]) -> None:
        """Handle one message."""
        kind = message["type"]
        if kind == self.start_type:
            await self._start(message)
        elif kind == self.stop_type:
            self._operations.stop(read_operation_id(message))
        elif kind == "connection_init":
            raise ProtocolViolation(4429, "Too many initialisation requests")
        else:
            await self.handle_other(message)

    async def handle_other(self, message: Mapping[str, Any]) -> None:
        """Handle a message that neither starts nor stops an operation."""
        kind = message["type"]
        if kind == "ping":
            payload = read_object(message, "payload")
            await self.send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
        elif kind == "pong":
            read_object(message, "payload")
        else:
            raise ProtocolViolation(4400, "Unknown message type")

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        await self._websocket.send_text(encode_json(message).decode())

    async def _start(self, message: Mapping[str, Any]) -> None:
        operation_id = read_operation_id(message)
        payload = message.get("payload")
        if not isinstance(payload, dict) or not isinstance(cast("dict[str, Any]", payload).get("query", ""), str):
            raise ProtocolViolation(4400, "An operation needs an object as payload, with a query")
        if operation_id in self._operations:
            self.handle_duplicate(operation_id)
        if self._operations.is_full:
            # Sent before the next message is read, so that errors cannot pile up for a client that does not read.
            detail = f"At most {self._limits.max_subscriptions} operations may run at a time."
            error = RequestRejected(429, detail, code="TOO_MANY_SUBSCRIPTIONS").error
            await self.send(self.error_message(operation_id, [error]))
            return
        work = self._run_to_completion(operation_id, cast("dict[str, Any]", payload))
        self._operations.start(operation_id, work)

    def handle_duplicate(self, operation_id: str) -> None:
        """Close the connection, as an operation with this id still runs."""
        raise ProtocolViolation(4409, "Subscriber for that id already exists")

    async def _run_to_completion(self, operation_id: str, payload: dict[str, Any]) -> None:
        try:
            completed = await self._run(operation_id, payload)
        except WebSocketDisconnect:
            return
        except RequestRejected as rejection:
            await self._fail(operation_id, [rejection.error])
        except Exception:
            _logger.exception("A GraphQL operation on a WebSocket failed outside its resolvers")
            await self._fail(operation_id, [{"message": MASKED_MESSAGE}])
        else:
            if completed:
                await self._send_last({"id": operation_id, "type": "complete"}, operation_id)

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> bool:
        """Run an operation and send its results; return False if there is no `complete` to send after them."""
        engine = self._hooks.engine
        operation = await engine.resolve(read_operation(payload))
        try:
            values = await make_values(self._hooks, GraphQLContext(self._websocket, self._params))
        except (HTTPException, WebSocketException) as exc:
            self._end(closing_exception(exc))
            return False
        form = FrameFormat(self._format_error)
        failed = False
        async with aclosing(engine.stream(operation, values)) as frames:
            async for frame in frames:
                if failed:
                    break
                value = form.format(frame)
                if "data" in value or "hasNext" in value:
                    await self.send({"id": operation_id, "type": self.result_type, "payload": value})
                else:
                    # What failed before it ran ends by itself now, and so do the hooks of the schema's extensions.
                    failed = True
                    await self._fail(operation_id, value["errors"])
        return not failed

    async def _fail(self, operation_id: str, errors: list[dict[str, Any]]) -> None:
        await self._send_last(self.error_message(operation_id, errors), operation_id)

    def error_message(self, operation_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the message for an operation that could not be run."""
        return {"id": operation_id, "type": "error", "payload": errors}

    async def _send_last(self, message: dict[str, Any], operation_id: str) -> None:
        """Send the last message of an operation; its id is free again before the client can know."""
        self._operations.release(operation_id)
        with suppress(WebSocketDisconnect):
            await self.send(message)
