"""One WebSocket connection, as the application sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from json import JSONDecoder, dumps
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send, WebSocketException
from armillary.datastructures import HTTPConnection, StateT
from armillary.exchange import close_reason

from ._denial_response import run_denial_response
from ._exceptions import MalformedMessage, UnexpectedMessage, WebSocketDisconnect, WebSocketDisconnected
from ._handshake import check_close, check_subprotocol, handshake_headers
from ._iteration import Messages
from ._limits import WebSocketLimits, message_size
from ._queue import MessageQueue
from ._reader import Reader
from ._state import WebSocketState

# Members of an enum are looked up through its metaclass; these are read for every message.
_CONNECTING: Final = WebSocketState.CONNECTING
_CONNECTED: Final = WebSocketState.CONNECTED
_DISCONNECTED: Final = WebSocketState.DISCONNECTED
_RESPONSE: Final = WebSocketState.RESPONSE

_UNLIMITED: Final = 1 << 62
_CLOSE_SECONDS: Final = 1.0
# Servers report a broken connection at once; this is for one that never does.
_CLOSE_FRAME_WAIT_SECONDS: Final = 1.0


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder: Final = JSONDecoder(parse_constant=_reject_constant)


class WebSocket(HTTPConnection[StateT]):
    """One connection: its request line and headers, and messages in both directions.

    Args:
        scope, receive, send: those of the ASGI application.
        limits: what the connection may hold and how long it may take; by default the class's.

    `async with websocket:` accepts, reads ahead so that the next send detects a disconnected
    peer, and closes. Without it, `accept()` and `close()` do the same by hand, messages are read
    on demand, and nothing runs beside the handler.

    Raises:
        TypeError: the scope is not that of a WebSocket.

    >>> from armillary.websockets import WebSocket, websocket_session
    >>> async def echo(websocket: WebSocket) -> None:
    ...     async with websocket:
    ...         async for text in websocket.iter_text():
    ...             await websocket.send_text(text)
    >>> app = websocket_session(echo)
    """

    limits: WebSocketLimits = WebSocketLimits()
    """Default limits of every connection of this class."""

    closes_after_handler: bool = True
    """Whether `websocket_session` closes a connection that its handler left open."""

    client_state: WebSocketState
    application_state: WebSocketState
    _receive: Receive  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, limits: WebSocketLimits | None = None) -> None:
        if scope["type"] != "websocket":
            raise TypeError(f"WebSocket needs a scope of type 'websocket', got {scope['type']!r}")
        super().__init__(scope)
        if limits is None:
            limits = self.limits
        else:
            self.limits = limits
        cls = type(self)
        self._receive = receive
        self._send = send
        self.client_state = _CONNECTING
        self.application_state = _CONNECTING
        self._ending: tuple[int, str] = (1005, "")
        self._reader: Reader | None = None
        # Whether the caller of the handler handles its exceptions, so that `async with` need not.
        self.caller_handles_exceptions = False
        # A message goes straight to the server's callable only if no time-out or override applies.
        self._receives_directly = limits.idle_timeout is None and cls.receive is _RECEIVE
        self._sends_directly = limits.send_timeout is None and cls.send is _SEND
        # No text of that many characters can exceed the limit in bytes of UTF-8.
        self._safe_length = _UNLIMITED if limits.max_message_size is None else limits.max_message_size // 4

    # Opening and closing

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Complete the handshake.

        Args:
            subprotocol: one of `websocket["subprotocols"]`, or None.
            headers: extra headers of the 101 response, as text or as pairs of bytes.

        Raises:
            ValueError: the subprotocol was not offered, or a header cannot be sent.
            WebSocketDisconnect: the peer disconnected during the handshake.
            RuntimeError: the connection was accepted or rejected before.
        """
        if subprotocol is not None:
            self.check_subprotocol(subprotocol)
        encoded = handshake_headers(headers)
        if self.client_state is _CONNECTING:
            await self.receive()
        await self.send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": encoded})

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection; before accept, reject the handshake with a 403.

        Does nothing if the peer has disconnected already.

        Args:
            code: a close code of RFC 6455 section 7.4 that may be sent.
            reason: at most 123 bytes of UTF-8, on one line.

        Raises:
            ValueError: the code may not be sent, or the reason does not fit.
            WebSocketDisconnected: it was closed before.
        """
        if self.client_state is not _DISCONNECTED:
            self.check_close(code, reason or "")
        try:
            await self.send({"type": "websocket.close", "code": code, "reason": reason or ""})
        except WebSocketDisconnected:
            raise
        except WebSocketDisconnect:
            pass

    async def send_denial_response(self, response: ASGIApp) -> None:
        """Reject the handshake with an HTTP response.

        If the server lacks the extension for it, the response is the server's plain 403.

        Args:
            response: a response or any other ASGI application that responds to HTTP.

        Raises:
            RuntimeError: the connection was accepted or rejected before.
        """
        if self.application_state is not _CONNECTING:
            raise RuntimeError("A denial response must be sent instead of accepting, not after it")
        if self.client_state is _CONNECTING:
            await self.receive()
        if "websocket.http.response" in (self.scope.get("extensions") or ()):
            await run_denial_response(response, self.scope, self.receive, self.send)
        else:
            await self.reject_without_extension()

    async def reject_without_extension(self) -> None:
        """Reject the handshake if the server cannot send denial responses."""
        await self.close()

    async def __aenter__(self) -> Self:
        if self.application_state is _CONNECTING:
            await self.accept()
        elif self.application_state is not _CONNECTED:
            raise self._too_late("enter")
        if self._reader is not None:
            raise RuntimeError("The WebSocket is already read ahead; enter `async with websocket` once")
        self._reader = await Reader(MessageQueue(self.limits), self._read_ahead).__aenter__()
        self._receives_directly = False
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        reader = self._reader
        assert reader is not None
        try:
            await reader.__aexit__(kind, exc, traceback)
        finally:
            if exc is None:
                await self.finish()
            elif not isinstance(exc, Exception):
                await self._try_close(1001, "")
            elif not self.caller_handles_exceptions or isinstance(exc, WebSocketDisconnect):
                await self._close_for(exc)

    async def finish(self) -> None:
        """Close with 1000 if still open; reject a handshake that got no response."""
        if self.application_state is _CONNECTED or self.application_state is _CONNECTING:
            await self.close()

    async def fail(self) -> None:
        """Close an accepted connection with 1011, as an unhandled exception does."""
        if self.closes_after_handler:
            await self._try_close(1011, "")

    async def go_away(self) -> None:
        """Close with 1001 as the server stops; a handshake in progress is rejected."""
        if self.application_state is _CONNECTING and self.client_state is _CONNECTED:
            await self.finish()
        await self._try_close(1001, "")

    def ending(self) -> tuple[int, str] | None:
        """Return code and reason once this side has closed, 1006 for a rejected handshake; None before that."""
        return self._ending if self.application_state in (_DISCONNECTED, _RESPONSE) else None

    def _record_close(self, code: int, reason: str) -> None:
        """Record that this side closes; not every server reports it to a task that waits to receive."""
        self.application_state = _DISCONNECTED
        if self.client_state is not _DISCONNECTED:
            self._ending = (code, reason)
            if self._reader is not None:
                self._reader.queue.end(WebSocketDisconnect(code, reason))

    async def _close_for(self, exc: Exception) -> None:
        if isinstance(exc, WebSocketException):
            await self._try_close(exc.code, close_reason(exc.reason))
        else:
            await self._try_close(1011, "")

    async def _try_close(self, code: int, reason: str) -> None:
        """Close an accepted connection if possible; errors are ignored, as the connection ends anyway."""
        if self.application_state is not _CONNECTED or self.client_state is _DISCONNECTED:
            return
        from anyio import CancelScope, current_time

        with CancelScope(shield=True, deadline=current_time() + _CLOSE_SECONDS):
            try:
                self._record_close(code, reason)
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
            except Exception:
                return

    # Receiving

    async def receive(self) -> Message:
        """Return the next ASGI message.

        Raises:
            WebSocketDisconnect: a limit was exceeded and the connection closed for it.
            WebSocketDisconnected: the disconnect message was received before.
            RuntimeError: the server sent a message out of order.
        """
        if self._reader is not None and not self._reader.queue.exhausted:
            message = await self._reader.queue.get()
            if message is not None:
                return message
        if self.client_state is _CONNECTED:
            return await self._receive_within_limits()
        if self.client_state is _CONNECTING:
            return self._record_connect(await self._receive())
        raise self._too_late("receive")

    def _record_connect(self, message: Message) -> Message:
        kind = message.get("type")
        if kind == "websocket.connect":
            self.client_state = _CONNECTED
        elif kind == "websocket.disconnect":
            self._record_disconnect(message)
        else:
            raise RuntimeError(f'Expected ASGI message "websocket.connect", but got {kind!r}')
        return message

    async def _receive_within_limits(self) -> Message:
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

    def _record_disconnect(self, message: Message) -> None:
        self.client_state = _DISCONNECTED
        self._ending = (message.get("code") or 1005, message.get("reason") or "")

    async def _close_for_limit(self, code: int, reason: str) -> WebSocketDisconnect:
        """Close for an exceeded limit and return the exception for the handler."""
        await self._try_close(code, reason)
        self.client_state = _DISCONNECTED
        self._ending = (code, reason)
        return WebSocketDisconnect(code, reason)

    async def _read_ahead(self, queue: MessageQueue) -> None:
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

    async def _receive_data(self) -> Message:
        if self.application_state is not _CONNECTED:
            raise self._unusable("receive")
        message = await self.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(*self._ending)
        return message

    async def _payload(self, message: Message, expected: str, other: str) -> Any:
        """Return the `expected` payload of `message`, or raise if there is none."""
        message = await self._check_received(message)
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(*self._ending)
        payload = message.get(expected)
        if payload is None:
            if message.get(other) is None:
                raise RuntimeError('Expected "text" or "bytes" in ASGI message "websocket.receive", but got neither')
            raise UnexpectedMessage(expected, other)
        return payload

    async def receive_text(self) -> str:
        """Return the next message as text.

        Raises:
            UnexpectedMessage: it is binary.
            WebSocketDisconnect: the connection ended.
        """
        if self.client_state is _CONNECTED and self.application_state is _CONNECTED and self._receives_directly:
            message = await self._receive()
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
        if self.client_state is _CONNECTED and self.application_state is _CONNECTED and self._receives_directly:
            message = await self._receive()
        else:
            message = await self._receive_data()
        data = message.get("bytes")
        if data is not None and len(data) <= self._safe_length and message.get("type") == "websocket.receive":
            return data  # type: ignore[no-any-return]
        return await self._payload(message, "bytes", "text")  # type: ignore[no-any-return]

    async def receive_json(self, mode: str = "text") -> Any:
        """Return the next message, decoded from JSON.

        Args:
            mode: "text" or "binary": the kind of message expected.

        Raises:
            MalformedMessage: it is not JSON, or nested too deeply.
            UnexpectedMessage: it is of the other kind.
            WebSocketDisconnect: the connection ended.
        """
        _check_mode(mode)
        return self.decode_json(await (self.receive_text() if mode == "text" else self.receive_bytes()))

    async def receive_message(self) -> str | bytes:
        """Return the next message, text as str and binary as bytes."""
        message = await self._receive_data()
        text = message.get("text")
        if text is not None:
            return text  # type: ignore[no-any-return]
        return await self._payload(message, "bytes", "text")  # type: ignore[no-any-return]

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return Messages(self.receive_message)

    def iter_text(self) -> AsyncIterator[str]:
        """Iterate over text messages until the connection ends."""
        return Messages(self.receive_text)

    def iter_bytes(self) -> AsyncIterator[bytes]:
        """Iterate over binary messages until the connection ends."""
        return Messages(self.receive_bytes)

    def iter_json(self, mode: str = "text") -> AsyncIterator[Any]:
        """Iterate over JSON messages until the connection ends."""
        return Messages(lambda: self.receive_json(mode))

    # Sending

    async def send(self, message: Message) -> None:
        """Send an ASGI message, if it may be sent now.

        Raises:
            WebSocketDisconnect: the peer has disconnected.
            WebSocketDisconnected: the connection was closed before.
            RuntimeError: the message is out of order.
        """
        state, kind = self.application_state, message["type"]
        if state is _CONNECTED:
            if kind == "websocket.close":
                self._record_close(message.get("code", 1000), message.get("reason") or "")
            elif kind != "websocket.send":
                raise _unexpected_message('"websocket.send" or "websocket.close"', kind)
        elif state is _CONNECTING:
            self._record_handshake_response(kind)
        elif state is _RESPONSE:
            if kind != "websocket.http.response.body":
                raise _unexpected_message('"websocket.http.response.body"', kind)
            if not message.get("more_body", False):
                self.application_state = _DISCONNECTED
        else:
            raise self._too_late("send")
        if self.client_state is _DISCONNECTED:
            raise WebSocketDisconnect(*self._ending)
        await self._deliver(message)

    def _record_handshake_response(self, kind: str) -> None:
        if kind == "websocket.accept":
            self.application_state = _CONNECTED
        elif kind == "websocket.close":
            self.application_state = _DISCONNECTED
            self._ending = (1006, "")
        elif kind == "websocket.http.response.start":
            self.application_state = _RESPONSE
            self._ending = (1006, "")
        else:
            raise _unexpected_message('"websocket.accept", "websocket.close" or "websocket.http.response.start"', kind)

    async def _deliver(self, message: Message) -> None:
        send_timeout = self.limits.send_timeout
        try:
            if send_timeout is None:
                await self._send(message)
                return
            from anyio import move_on_after

            with move_on_after(send_timeout) as wait:
                await self._send(message)
        except OSError as exc:
            raise await self._connection_lost() from exc
        if wait.cancelled_caught:
            raise await self._close_for_limit(1013, f"The peer read nothing for {send_timeout:g} seconds")

    async def _connection_lost(self) -> WebSocketDisconnect:
        """Record that the connection broke, and return the exception for the handler.

        A send may fail before the peer's close frame was read. If the connection is read ahead, its
        close code is awaited; otherwise, and if none comes, the code is 1006.
        """
        if self._reader is not None and self.client_state is not _DISCONNECTED:
            from anyio import move_on_after

            with move_on_after(_CLOSE_FRAME_WAIT_SECONDS):
                await self._reader.queue.wait_ended()
        if self.client_state is not _DISCONNECTED:
            self.client_state = _DISCONNECTED
            self._ending = (1006, "")
        return WebSocketDisconnect(*self._ending)

    async def send_text(self, data: str) -> None:
        """Send a text message.

        Raises:
            WebSocketDisconnect: the peer has disconnected.
            RuntimeError: the connection is not open.
        """
        if self.application_state is _CONNECTED and self.client_state is _CONNECTED and self._sends_directly:
            try:
                await self._send({"type": "websocket.send", "text": data})
            except OSError as exc:
                raise await self._connection_lost() from exc
        else:
            await self.send({"type": "websocket.send", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message.

        Raises:
            WebSocketDisconnect: the peer has disconnected.
            RuntimeError: the connection is not open.
        """
        if self.application_state is _CONNECTED and self.client_state is _CONNECTED and self._sends_directly:
            try:
                await self._send({"type": "websocket.send", "bytes": data})
            except OSError as exc:
                raise await self._connection_lost() from exc
        else:
            await self.send({"type": "websocket.send", "bytes": data})

    async def send_json(self, data: Any, mode: str = "text") -> None:
        """Send `data` encoded as JSON.

        Args:
            data: anything `encode_json` takes.
            mode: "text" or "binary": the kind of message sent.
        """
        _check_mode(mode)
        text = self.encode_json(data)
        await (self.send_text(text) if mode == "text" else self.send_bytes(text.encode("utf-8")))

    # What a subclass may replace

    def encode_json(self, data: Any) -> str:
        """Return `data` as compact JSON; NaN and infinities are rejected (RFC 8259 section 6)."""
        text = dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        if not text.isascii():
            try:
                text.encode("utf-8")
            except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
                return dumps(data, separators=(",", ":"), allow_nan=False)
        return text

    def decode_json(self, text: str | bytes) -> Any:
        """Return the value of a JSON text; NaN and infinities are rejected (RFC 8259 section 6)."""
        try:
            return _decoder.decode(text if isinstance(text, str) else text.decode("utf-8"))
        except (ValueError, RecursionError) as exc:
            raise MalformedMessage() from exc

    def check_close(self, code: int, reason: str) -> None:
        """Reject what a close frame cannot carry."""
        check_close(code, reason)

    def check_subprotocol(self, subprotocol: str) -> None:
        """Reject a subprotocol that is not a token or was not offered."""
        check_subprotocol(subprotocol, self.scope.get("subprotocols") or ())

    # Misuse

    def _unusable(self, action: str) -> RuntimeError:
        if self.application_state is _CONNECTING:
            return RuntimeError(f"Cannot {action} before the WebSocket is accepted; await websocket.accept() first")
        return self._too_late(action)

    def _too_late(self, action: str) -> WebSocketDisconnected:
        return WebSocketDisconnected(f"Cannot {action}: the WebSocket is closed.", *self._ending)


_RECEIVE: Final = WebSocket.receive
_SEND: Final = WebSocket.send


def _unexpected_message(expected: str, kind: str) -> RuntimeError:
    return RuntimeError(f"Expected ASGI message {expected}, but got {kind!r}")


def _check_mode(mode: str) -> None:
    if mode not in ("text", "binary"):
        raise RuntimeError(f'The "mode" argument should be "text" or "binary", got {mode!r}')
