"""Receiving messages, on demand or from the reader that runs ahead of the handler.

Steps of a message
------------------
1. It comes from the server's `receive`, within `idle_timeout`; inside `async with` the reader does that ahead of the
   handler and puts it into a queue.
   A loop gives the event loop a turn now and then: a message that has come already needs no waiting.
2. Its type is checked against the client's state, and its size against `max_message_size`. A disconnect is recorded.
3. The handler gets its payload, if it is of the kind asked for.

`receive_text` and `receive_bytes` take all three steps at once for what almost every message is: one of the right kind
that is far from any limit. Everything else goes through `_payload`, which takes them one by one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar, overload

from armillary.asgi_types import Message
from armillary.concurrency import yield_to_loop
from armillary.datastructures import StateT

from ._exceptions import InvalidMessage, WebSocketDisconnect
from ._iteration import Messages
from ._limits import message_size
from ._queue import MessageQueue
from ._sending import Sending, check_mode
from ._state import CONNECTED, CONNECTING

T = TypeVar("T")


class Receiving(Sending[StateT]):
    """The direction from the peer to the application."""

    async def receive(self) -> Message:
        """Return the next ASGI message.

        Raises:
            WebSocketDisconnect: a limit was exceeded and the connection closed for it.
            WebSocketDisconnected: the disconnect message was received before.
            RuntimeError: the server sent a message out of order.
        """
        message: Message | None = None
        self._received = count = self._received + 1
        if not count & 7 and self._receiving_turn.is_due(8):
            await self._give_receiving_turn()
        if self._reader is not None and not self._reader.queue.exhausted:
            message = await self._reader.queue.get()
        if message is None:
            if self.client_state is CONNECTING:
                return self._record_connect(await self._receive())
            if self.client_state is not CONNECTED and not self._unread:
                raise self._too_late("receive")
            self._is_receiving = True
            try:
                message = await self._receive_within_limits()
            finally:
                self._is_receiving = False
        if message["type"] == "websocket.disconnect":
            self._handler_knows_end = True
        return message

    async def _give_receiving_turn(self) -> None:
        await self._receiving_turn.give()
        self._sending_turn.restart()

    def _record_connect(self, message: Message) -> Message:
        kind = message.get("type")
        if kind == "websocket.connect":
            self.client_state = CONNECTED
        elif kind == "websocket.disconnect":
            self._record_disconnect(message)
        else:
            raise RuntimeError(f'Expected ASGI message "websocket.connect", but got {kind!r}')
        return message

    async def _receive_within_limits(self) -> Message:
        while self._is_looking:  # the server's `receive` is for one at a time
            await yield_to_loop()
        if self._unread:
            return await self._check_received(self._unread.popleft())
        idle_timeout = self.limits.idle_timeout
        if idle_timeout is None:
            return await self._check_received(await self._receive())
        from anyio import move_on_after

        message: Message | None = None
        with move_on_after(idle_timeout):
            message = await self._receive()
        if message is None:
            raise await self._close_for_limit(1001, f"No message within {idle_timeout:g} seconds")
        return await self._check_received(message)

    async def _check_received(self, message: Message) -> Message:
        """Return `message` if it may come now and is within the limits; raise if not."""
        kind = message.get("type")
        if kind == "websocket.receive":
            limit = self.limits.max_message_size
            if limit is not None:
                payload = message.get("text")
                if payload is None:
                    payload = message.get("bytes") or b""
                if message_size(payload, limit) > limit:
                    raise await self._close_for_limit(1009, f"Messages may have at most {limit} bytes")
        elif kind == "websocket.disconnect":
            self._record_disconnect(message)
        else:
            raise RuntimeError(f'Expected ASGI message "websocket.receive" or "websocket.disconnect", but got {kind!r}')
        return message

    async def _read_ahead(self, queue: MessageQueue) -> None:
        """Fill the queue of the reader until the connection ends."""
        while True:
            message = await self._receive_within_limits()
            if message["type"] == "websocket.disconnect":
                queue.end(message)
                return
            if not queue.put(message):
                raise await self._close_for_limit(1008, "Too many unread messages")

    async def wait_disconnected(self) -> None:
        """Return once the peer has disconnected; for handlers that wait for something else.

        Raises:
            RuntimeError: called outside `async with websocket`.
        """
        if self._reader is not None:
            await self._reader.queue.wait_ended()
        if self._reader is None or not self._reader.queue.ended:
            raise RuntimeError("wait_disconnected() needs the reader that runs inside `async with websocket`")

    # Payloads

    async def _receive_data(self) -> Message:
        """Return the next message with a payload, or raise how the connection ended."""
        if self.application_state is not CONNECTED:
            raise self._unusable("receive")
        message = await self.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(*self._ending)
        return message

    async def _payload(self, message: Message, expected: str, other: str) -> Any:
        """Return the `expected` payload of `message`, or raise if there is none."""
        message = await self._check_received(message)
        if message["type"] == "websocket.disconnect":
            self._handler_knows_end = True
            raise WebSocketDisconnect(*self._ending)
        payload = message.get(expected)
        if payload is None:
            return self.missing_payload(message, expected, other)
        return payload

    async def receive_text(self) -> str:
        """Return the next message as text.

        Raises:
            UnexpectedMessage: it is binary.
            WebSocketDisconnect: the connection ended.
        """
        if self.client_state is CONNECTED and self.application_state is CONNECTED and self._receives_directly:
            self._received = count = self._received + 1
            if not count & 7 and self._receiving_turn.is_due(8):
                await self._give_receiving_turn()
            self._is_receiving = True
            receive = self._receive  # read by itself: as a method, an attribute of the instance takes longer to find
            try:
                message = await receive()
            finally:
                self._is_receiving = False
        else:
            message = await self._receive_data()
        text = message.get("text")
        if text is not None and len(text) <= self._safe_length and message.get("type") == "websocket.receive":
            return text  # type: ignore[no-any-return]
        return await self._payload(message, "text", "bytes")  # type: ignore[no-any-return]

    async def receive_bytes(self) -> bytes:
        """Return the next message as bytes.

        Raises:
            UnexpectedMessage: it is text.
            WebSocketDisconnect: the connection ended.
        """
        if self.client_state is CONNECTED and self.application_state is CONNECTED and self._receives_directly:
            self._received = count = self._received + 1
            if not count & 7 and self._receiving_turn.is_due(8):
                await self._give_receiving_turn()
            self._is_receiving = True
            receive = self._receive  # read by itself: as a method, an attribute of the instance takes longer to find
            try:
                message = await receive()
            finally:
                self._is_receiving = False
        else:
            message = await self._receive_data()
        data = message.get("bytes")
        if data is not None and len(data) <= self._safe_length and message.get("type") == "websocket.receive":
            return data  # type: ignore[no-any-return]
        return await self._payload(message, "bytes", "text")  # type: ignore[no-any-return]

    async def receive_message(self) -> str | bytes:
        """Return the next message, text as str and binary as bytes."""
        message = await self._receive_data()
        text = message.get("text")
        if text is not None:
            return text  # type: ignore[no-any-return]
        return await self._payload(message, "bytes", "text")  # type: ignore[no-any-return]

    @overload
    async def receive_json(self, mode: str = ..., *, type: type[T]) -> T: ...
    @overload
    async def receive_json(self, mode: str = ..., *, type: Any = None) -> Any: ...
    async def receive_json(self, mode: str = "text", *, type: Any = None) -> Any:
        """Return the next message, decoded from JSON.

        Args:
            mode: "text" (default) or "binary": the kind of message expected.
            type: what the value must be, such as a dataclass, a struct or `list[int]`, and is returned as; None
                (default) for any JSON. Needs msgspec or pydantic, as `armillary.serialization.validate` does.

        Raises:
            MalformedMessage: it is not JSON, a number is too large, or it is nested too deeply.
            InvalidMessage: it is not of that type.
            UnexpectedMessage: it is of the other kind.
            WebSocketDisconnect: the connection ended.
        """
        check_mode(mode)
        value = self.decode_json(await (self.receive_text() if mode == "text" else self.receive_bytes()))
        return value if type is None else _validated(value, type)

    # Iteration

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return Messages(self.receive_message)

    def iter_text(self) -> AsyncIterator[str]:
        """Iterate over text messages until the connection ends."""
        return Messages(self.receive_text)

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over binary messages until the connection ends."""
        return Messages(self.receive_bytes)

    @overload
    def iter_json(self, mode: str = ..., *, type: type[T]) -> AsyncIterator[T]: ...
    @overload
    def iter_json(self, mode: str = ..., *, type: Any = None) -> AsyncIterator[Any]: ...
    def iter_json(self, mode: str = "text", *, type: Any = None) -> AsyncIterator[Any]:
        """Iterate over JSON messages until the connection ends; the arguments are those of `receive_json`.

        A message that is malformed or invalid raises; the iterator may be used again after that.
        """
        if type is None:
            return Messages(lambda: self.receive_json(mode))
        return Messages(lambda: self.receive_json(mode, type=type))


def _validated(value: Any, type_: Any) -> Any:
    from armillary.serialization import ValidationError, validate

    try:
        return validate(value, type_)
    except ValidationError as exc:
        raise InvalidMessage(exc.errors) from None
