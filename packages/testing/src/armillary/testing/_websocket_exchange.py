"""One WebSocket connection through an application, on the application's event loop.

Both directions are queues without a bound: a test reads what the application sent at any
time, and the application receives what the test sent in order.

A connection is in one of four states:

| state | the application sends | then |
| --- | --- | --- |
| connecting | websocket.accept | open |
| | websocket.http.response.start | responding |
| | websocket.close | closed |
| responding | websocket.http.response.body, the last | closed |
| open | websocket.close | closed |
| closed | anything | closed |

The client's own close also makes it closed. An application that raises in another state has
not ended the connection; unless the client raises that, it gets what a server sends then:
a 500 response, the rest of the response begun, or a close with code 1011.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import anyio

from armillary.asgi_types import ASGIApp, Message, Scope

from ._call import ApplicationCall
from ._errors import DenialResponse, Header, PeerDisconnected

FrameMode = Literal["text", "binary"]
_State = Literal["connecting", "responding", "open", "closed"]

_NO_CLOSE_FRAME = 1006
_NEXT_STATE: Mapping[tuple[_State, str], _State] = {
    ("connecting", "websocket.accept"): "open",
    ("connecting", "websocket.http.response.start"): "responding",
    ("connecting", "websocket.close"): "closed",
    ("open", "websocket.close"): "closed",
}
_AFTER_FAILURE: Mapping[_State, Sequence[Message]] = {
    "connecting": (
        {"type": "websocket.http.response.start", "status": 500, "headers": []},
        {"type": "websocket.http.response.body", "body": b""},
    ),
    "responding": ({"type": "websocket.http.response.body", "body": b""},),
    "open": ({"type": "websocket.close", "code": 1011, "reason": ""},),
    "closed": (),
}


class WebSocketExchange(ApplicationCall):
    """Steps through one WebSocket connection.

    Args:
        app, scope, time_limit, grace, raise_exceptions: as for `ApplicationCall`.
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
        raise_exceptions: bool,
        closed: Callable[[int, str], Exception],
        rejected: Callable[[DenialResponse], Exception],
    ) -> None:
        super().__init__(app, scope, time_limit=time_limit, grace=grace, raise_exceptions=raise_exceptions)
        self.accepted_subprotocol: str | None = None
        self.extra_headers: list[Header] = []
        self._closed = closed
        self._rejected = rejected
        self._state: _State = "connecting"
        self._to_app: deque[Message] = deque([{"type": "websocket.connect"}])
        self._from_app: deque[Message] = deque()
        self._app_has_message = anyio.Event()
        self._client_has_message = anyio.Event()

    # --- the client's side -----------------------------------------------------------------

    async def connect(self) -> None:
        """Start the application in a task of its own and wait for its response to the handshake.

        Raises:
            Exception: made by `closed` or `rejected` if the application rejected the handshake.
            BaseException: what the application raised.
        """
        self.begin()
        message = await self.next_message(expected="websocket.accept")
        if message["type"] == "websocket.accept":
            self.accepted_subprotocol = message.get("subprotocol")
            self.extra_headers = [(bytes(name), bytes(value)) for name, value in message.get("headers", ())]
        elif message["type"] == "websocket.http.response.start":
            rejection = await self._read_denial_response(message)
            rejected = self._rejected(rejection)
            if rejection.status == 404:
                rejected.add_note(f"If no code of yours does so, {self._unmatched()}")
            raise rejected
        elif message["type"] == "websocket.close":
            closed = self._closed_by(message)
            closed.add_note(
                f"The WebSocket was closed before it was accepted. If no code of yours does so, {self._unmatched()}"
            )
            raise closed
        else:
            raise AssertionError(f"{message['type']!r} was sent before 'websocket.accept'")

    def _unmatched(self) -> str:
        return f"no WebSocketRoute matches the path {self.scope['path']!r}"

    async def _read_denial_response(self, start: Message) -> DenialResponse:
        headers = [(bytes(name), bytes(value)) for name, value in start.get("headers", ())]
        parts: list[bytes] = []
        more = True
        while more:
            message = await self.next_message(expected="websocket.http.response.body")
            if message["type"] != "websocket.http.response.body":
                raise AssertionError(f"{message['type']!r} was sent during a denial response")
            parts.append(bytes(message.get("body", b"")))
            more = message.get("more_body", False)
        return DenialResponse(start["status"], headers, b"".join(parts))

    def _closed_by(self, message: Message) -> Exception:
        return self._closed(message.get("code", 1000), message.get("reason") or "")

    async def next_message(self, timeout: float | None = None, expected: str = "message") -> Message:
        """Return the next message of the application.

        Args:
            timeout: seconds to wait for it; None waits as long as for each other message.
            expected: what it is called if it does not come.

        Raises:
            ApplicationTimeout: none came in time; it may still be received later.
            Exception: made by `closed` with code 1006 if the application returned without one.
            BaseException: what the application raised.
        """
        limit = self._time_limit if timeout is None else _checked_timeout(timeout)
        while not self._from_app:
            if self.done.is_set():
                self.raise_failure()
                self._state = "closed"
                raise self._closed(_NO_CLOSE_FRAME, "the application returned without closing")
            self._client_has_message = anyio.Event()
            await self.progress.wait(self._client_has_message, expected, limit)
        return self._from_app.popleft()

    async def next_frame(self, timeout: float | None = None) -> Message:
        """Return the next message of the application that is no close; raise what `closed` makes of one."""
        message = await self.next_message(timeout)
        if message["type"] == "websocket.close":
            raise self._closed_by(message)
        return message

    async def next_text(self, timeout: float | None = None) -> str:
        """Return the next frame, which must be a text frame."""
        text: str = (await self.next_frame(timeout))["text"]
        return text

    async def next_bytes(self, timeout: float | None = None) -> bytes:
        """Return the next frame, which must be a binary frame."""
        data: bytes = (await self.next_frame(timeout))["bytes"]
        return data

    async def next_json(self, mode: FrameMode, timeout: float | None = None) -> Any:
        """Return the next frame, which must be of that kind, decoded from JSON."""
        _check_mode(mode)
        return json.loads(await (self.next_text(timeout) if mode == "text" else self.next_bytes(timeout)))

    def put(self, message: Message) -> None:
        """Give the application a message."""
        self._to_app.append(message)
        self._app_has_message.set()

    def put_text(self, data: str) -> None:
        """Give the application a text frame."""
        self.put({"type": "websocket.receive", "text": data})

    def put_bytes(self, data: bytes) -> None:
        """Give the application a binary frame."""
        self.put({"type": "websocket.receive", "bytes": data})

    def put_json(self, data: Any, mode: FrameMode) -> None:
        """Give the application JSON in a frame of that kind."""
        _check_mode(mode)
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if mode == "text":
            self.put_text(text)
        else:
            self.put_bytes(text.encode())

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close: the application receives websocket.disconnect."""
        self._state = "closed"
        self.put({"type": "websocket.disconnect", "code": code, "reason": reason or ""})

    def disconnect(self) -> None:
        """Disconnect without a close frame: code 1006, and `send` raises `OSError` from now on."""
        super().disconnect()
        self.close(_NO_CLOSE_FRAME)

    async def end(self) -> None:
        """Close if still open, and wait for the application to return; cancel one that does not.

        Raises:
            BaseException: what the application raised.
        """
        if self._state != "closed" and not self.done.is_set():
            self.close()
        await self.finish()
        self.raise_failure()

    async def leave(self) -> None:
        await self.end()

    # --- the application's side ------------------------------------------------------------

    def returned(self) -> None:
        if self.failure is not None and not self._raise_exceptions:
            self._from_app.extend(_AFTER_FAILURE[self._state])
        self._client_has_message.set()

    async def receive(self) -> Message:
        self.progress.step("receive() for a WebSocket message")
        while not self._to_app:
            self._app_has_message = anyio.Event()
            await self._app_has_message.wait()
        self.progress.step(None)
        return self._to_app.popleft()

    async def send(self, message: Message) -> None:
        if self.disconnected:
            raise PeerDisconnected("the client has disconnected")
        kind, data = message["type"], message.get("bytes")
        # Copied: the application may change it after sending it.
        self._from_app.append(message if data is None else {**message, "bytes": bytes(data)})
        self._client_has_message.set()
        self._state = _NEXT_STATE.get((self._state, kind), self._state)
        if kind == "websocket.http.response.body" and not message.get("more_body", False):
            self._state = "closed"
        elif kind == "websocket.close":
            self.close(message.get("code", 1000), message.get("reason"))


def _check_mode(mode: str) -> None:
    if mode not in ("text", "binary"):
        raise ValueError(f"mode is {mode!r}; pass 'text' or 'binary'")


def _checked_timeout(timeout: float) -> float | None:
    """Return a time limit in seconds, None for one without end."""
    if not isinstance(timeout, int | float):
        raise TypeError(f"timeout is {timeout!r}; pass seconds, 0 or more")
    if not timeout >= 0:  # NaN is not.
        raise ValueError(f"timeout is {timeout!r}; pass seconds, 0 or more")
    return None if math.isinf(timeout) else timeout
