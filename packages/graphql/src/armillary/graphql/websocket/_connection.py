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
from contextlib import aclosing
from logging import getLogger
from typing import Any, ClassVar, cast

from armillary.asgi_types import HTTPException
from armillary.http import decode_json, encode_json
from armillary.websockets import UnexpectedMessage, WebSocket, WebSocketDisconnect

from .._context import GraphQLContext
from .._hooks import Hooks, error_formatter
from .._operation import RequestRejected, read_operation
from ..execution._time_limit import LateResult, ResultTime
from ..results._format import MASKED_MESSAGE, FrameFormat

_logger = getLogger("armillary.graphql")


class ProtocolViolation(Exception):
    """A malformed or unexpected message, for which the connection is closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class ConnectionRejected(Exception):
    """`on_connect` rejected the client."""


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
        self._operations: dict[str, asyncio.Task[None]] = {}
        # An operation's id is free before its last message is sent; its task runs until then.
        self._tasks: set[asyncio.Task[None]] = set()
        self._params: dict[str, Any] | None = None

    async def run(self) -> None:
        """Serve the connection until one side closes it; no operation outlives it."""
        try:
            await self._initialise()
            while True:
                await self.handle(await self._receive())
        except WebSocketDisconnect:
            pass
        except ProtocolViolation as violation:
            await self._stop_all()
            await self._websocket.close(violation.code, violation.reason)
        finally:
            await self._stop_all()

    async def _stop_all(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _initialise(self) -> None:
        """Wait for `connection_init` and acknowledge it."""
        try:
            async with asyncio.timeout(self._limits.connection_init_timeout):
                message = await self._receive()
                while message["type"] != "connection_init":
                    await self.handle_early(message)
                    message = await self._receive()
        except TimeoutError:
            raise ProtocolViolation(4408, "Connection initialisation timeout") from None
        self._params = _object_or_none(message, "payload")
        try:
            async with ResultTime(self._limits.execution_timeout):
                payload = await self._hooks.on_connect(self._context())
        except (ConnectionRejected, HTTPException):
            payload = False
        except LateResult:
            raise ProtocolViolation(4408, "Connection initialisation timeout") from None
        if payload is False:
            await self.reject()
        await self.acknowledge(payload if isinstance(payload, dict) else None)

    async def handle_early(self, message: Mapping[str, Any]) -> None:
        """Handle a message received before `connection_init`."""
        if message["type"] in (self.start_type, self.stop_type):
            raise ProtocolViolation(4401, "Unauthorized")
        await self.handle(message)

    async def reject(self) -> None:
        """Close the connection, as `on_connect` rejected the client."""
        raise ProtocolViolation(4403, "Forbidden")

    async def acknowledge(self, payload: dict[str, Any] | None) -> None:
        """Send the acknowledgement, after which the client may start operations."""
        message: dict[str, Any] = {"type": "connection_ack"}
        if payload is not None:
            message["payload"] = payload
        await self.send(message)

    async def handle(self, message: Mapping[str, Any]) -> None:
        """Handle one message."""
        kind = message["type"]
        if kind == self.start_type:
            await self._start(message)
        elif kind == self.stop_type:
            self._stop(_operation_id(message))
        elif kind == "connection_init":
            raise ProtocolViolation(4429, "Too many initialisation requests")
        else:
            await self.handle_other(message)

    async def handle_other(self, message: Mapping[str, Any]) -> None:
        """Handle a message that neither starts nor stops an operation."""
        kind = message["type"]
        if kind == "ping":
            payload = _object_or_none(message, "payload")
            await self.send({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
        elif kind == "pong":
            _object_or_none(message, "payload")
        else:
            raise ProtocolViolation(4400, "Unknown message type")

    async def _receive(self) -> dict[str, Any]:
        try:
            text = await self._websocket.receive_text()
            message = decode_json(text.encode())
        except UnexpectedMessage:
            raise ProtocolViolation(4400, "Messages must be text") from None
        except (ValueError, RecursionError):
            raise ProtocolViolation(4400, "Messages must be JSON objects") from None
        if not isinstance(message, dict) or not isinstance(cast("dict[str, Any]", message).get("type"), str):
            raise ProtocolViolation(4400, "Messages must be JSON objects with a type")
        return cast("dict[str, Any]", message)

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        await self._websocket.send_text(encode_json(message).decode())

    def _context(self) -> GraphQLContext:
        return GraphQLContext(self._websocket, self._params)

    async def _start(self, message: Mapping[str, Any]) -> None:
        operation_id = _operation_id(message)
        payload = message.get("payload")
        if not isinstance(payload, dict) or not isinstance(cast("dict[str, Any]", payload).get("query", ""), str):
            raise ProtocolViolation(4400, "An operation needs an object as payload, with a query")
        if operation_id in self._operations:
            self.handle_duplicate(operation_id)
        limit = self._limits.max_subscriptions
        if limit is not None and len(self._tasks) >= limit:
            # Sent before the next message is read, so that errors cannot pile up for a client that does not read.
            rejection = RequestRejected(
                429, f"At most {limit} operations may run at a time.", code="TOO_MANY_SUBSCRIPTIONS"
            )
            await self.send(self.error_message(operation_id, [rejection.error]))
            return
        task = asyncio.create_task(self._run_to_completion(operation_id, cast("dict[str, Any]", payload)))
        self._operations[operation_id] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._discard(operation_id, done))

    def handle_duplicate(self, operation_id: str) -> None:
        """Close the connection, as an operation with this id still runs."""
        raise ProtocolViolation(4409, "Subscriber for that id already exists")

    def _stop(self, operation_id: str) -> None:
        task = self._operations.pop(operation_id, None)
        if task is not None:
            task.cancel()

    def _discard(self, operation_id: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._operations.get(operation_id) is task:
            del self._operations[operation_id]

    async def _run_to_completion(self, operation_id: str, payload: dict[str, Any]) -> None:
        try:
            if not await self._run(operation_id, payload):
                return
        except WebSocketDisconnect:
            return
        except RequestRejected as rejection:
            await self._fail(operation_id, [rejection.error])
            return
        except Exception:
            _logger.exception("A GraphQL operation on a WebSocket failed outside its resolvers")
            await self._fail(operation_id, [{"message": MASKED_MESSAGE}])
            return
        await self._send_last({"id": operation_id, "type": "complete"}, operation_id)

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> bool:
        """Run an operation and send its results; return False if it failed before it ran."""
        engine = self._hooks.engine
        operation = await engine.resolve(read_operation(payload))
        context = self._context()
        user_context = await self._hooks.get_context(context)
        root_value = await self._hooks.get_root_value(context)
        form = FrameFormat(self._format_error)
        async with aclosing(engine.stream(operation, user_context, root_value)) as frames:
            async for frame in frames:
                value = form.format(frame)
                if "data" not in value and "hasNext" not in value:
                    await self._fail(operation_id, value["errors"])
                    return False
                await self.send({"id": operation_id, "type": self.result_type, "payload": value})
        return True

    async def _fail(self, operation_id: str, errors: list[dict[str, Any]]) -> None:
        await self._send_last(self.error_message(operation_id, errors), operation_id)

    def error_message(self, operation_id: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
        """Return the message for an operation that could not be run."""
        return {"id": operation_id, "type": "error", "payload": errors}

    async def _send_last(self, message: dict[str, Any], operation_id: str) -> None:
        """Send the last message of an operation; its id is free again before the client can know."""
        self._operations.pop(operation_id, None)
        try:
            await self.send(message)
        except WebSocketDisconnect:
            return


def _operation_id(message: Mapping[str, Any]) -> str:
    operation_id = message.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise ProtocolViolation(4400, "An operation needs a string as id")
    return operation_id


def _object_or_none(message: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = message.get(name)
    if value is not None and not isinstance(value, dict):
        raise ProtocolViolation(4400, f"The {name} must be an object")
    return cast("dict[str, Any] | None", value)
