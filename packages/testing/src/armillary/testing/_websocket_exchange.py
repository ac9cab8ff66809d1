"""One WebSocket connection through an application, on the application's event loop.

Both directions are queues without a bound: a test reads what the application sent at any
time, and the application receives what the test sent in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._call import ApplicationCall
from ._errors import PeerDisconnected, WebSocketClosed
from ._task import start_task

Header = tuple[bytes, bytes]
_NO_CLOSE_FRAME = 1006


class DenialResponse:
    """The HTTP response with which an application rejected the handshake."""

    def __init__(self, status: int, headers: list[Header], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class ClientWebSocketExchange:
    """Steps through one WebSocket connection.

    Args:
        app: the application.
        scope: its scope.
        time_limit: seconds to wait for each message of the application; None waits forever.
        grace: seconds an application has to return after a disconnect, before it is cancelled.
        closed: makes the exception for a close code and a reason.
        rejected: makes the exception for a denial response.
    """

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        *,
        time_limit: float | None,
        grace: float,
        closed: Callable[[int, str], Exception] = WebSocketClosed,
        rejected: Callable[[DenialResponse], Exception],
    ) -> None:
        self.accepted_subprotocol: str | None = None
        self.extra_headers: list[Header] = []
        self._call = ApplicationCall(app, scope)
        self._time_limit = time_limit
        self._grace = grace
        self._closed = closed
        self._rejected = rejected
        self._to_app: deque[Message] = deque([{"type": "websocket.connect"}])
        self._from_app: deque[Message] = deque()
        self._app_has_message = anyio.Event()
        self._client_has_message = anyio.Event()
        self._is_closed = False
        self._disconnected = False

    async def _run(self) -> None:
        try:
            await self._call.run(self._receive, self._send)
        finally:
            self._client_has_message.set()

    # --- the client's side -----------------------------------------------------------------

    async def connect(self) -> None:
        """Start the application in a task of its own and wait for its response to the handshake.

        Raises:
            Exception: made by `closed` or `rejected` if the application rejected the handshake.
            BaseException: what the application raised.
        """
        start_task(self._run)
        message = await self.receive(expected="websocket.accept")
        if message["type"] == "websocket.accept":
            self.accepted_subprotocol = message.get("subprotocol")
            self.extra_headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
            return
        self._is_closed = True
        if message["type"] == "websocket.http.response.start":
            raise self._rejected(await self._read_denial_response(message))
        if message["type"] == "websocket.close":
            raise self.closed_by(message)
        raise AssertionError(f"{message['type']!r} was sent before 'websocket.accept'")

    async def _read_denial_response(self, start: Message) -> DenialResponse:
        headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
        parts: list[bytes] = []
        more = True
        while more:
            message = await self.receive(expected="websocket.http.response.body")
            if message["type"] != "websocket.http.response.body":
                raise AssertionError(f"{message['type']!r} was sent during a denial response")
            parts.append(bytes(message.get("body", b"")))
            more = message.get("more_body", False)
        return DenialResponse(start["status"], headers, b"".join(parts))

    def closed_by(self, message: Message) -> Exception:
        """Make the exception for a websocket.close message."""
        self._is_closed = True
        return self._closed(message.get("code", 1000), message.get("reason") or "")

    async def receive(self, expected: str = "message") -> Message:
        """Return the next message of the application.

        Raises:
            ApplicationTimeout: none came within the time limit.
            Exception: made by `closed` with code 1006 if the application returned without one.
            BaseException: what the application raised.
        """
        while not self._from_app:
            if self._call.done.is_set():
                self._raise_failure()
                self._is_closed = True
                raise self._closed(_NO_CLOSE_FRAME, "the application returned without closing")
            self._client_has_message = anyio.Event()
            await self._call.progress.wait(self._client_has_message, expected, self._time_limit)
        return self._from_app.popleft()

    def send(self, message: Message) -> None:
        """Give the application a message."""
        self._to_app.append(message)
        self._app_has_message.set()

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close: the application receives websocket.disconnect."""
        self._is_closed = True
        self.send({"type": "websocket.disconnect", "code": code, "reason": reason or ""})

    def disconnect(self) -> None:
        """Disconnect without a close frame: code 1006, and `send` raises `OSError` from now on."""
        self._disconnected = True
        self.close(_NO_CLOSE_FRAME)

    async def end(self) -> None:
        """Close if still open, and wait for the application to return; cancel one that does not.

        Raises:
            BaseException: what the application raised.
        """
        if not self._is_closed and not self._call.done.is_set():
            self.close()
        await self._call.end(self._grace)
        self._raise_failure()

    async def abort(self) -> None:
        """Disconnect, and cancel an application that does not return; what it raises is dropped."""
        self.disconnect()
        await self._call.end(self._grace)
        self._call.take_failure(disconnected=True)

    def _raise_failure(self) -> None:
        failure = self._call.take_failure(disconnected=self._disconnected)
        if failure is not None:
            raise failure

    # --- the application's side ------------------------------------------------------------

    async def _receive(self) -> Message:
        self._call.progress.step("receive() for a WebSocket message")
        while not self._to_app:
            self._app_has_message = anyio.Event()
            await self._app_has_message.wait()
        self._call.progress.step(None)
        return self._to_app.popleft()

    async def _send(self, message: Message) -> None:
        if self._disconnected:
            raise PeerDisconnected("the client has disconnected")
        self._from_app.append(_copy_of(message))
        self._client_has_message.set()
        if message["type"] == "websocket.close":
            self._acknowledge_close(message)

    def _acknowledge_close(self, message: Message) -> None:
        code: Any = message.get("code", 1000)
        self._is_closed = True
        self.send({"type": "websocket.disconnect", "code": code, "reason": message.get("reason") or ""})


def _copy_of(message: Message) -> Message:
    """Copy what the application might change after sending it."""
    data = message.get("bytes")
    return message if data is None else {**message, "bytes": bytes(data)}
