"""WebSocket connections in memory."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel
import pytest
from testkit import Connection, websocket_scope

from armillary.lint import lint


class Peer(Connection):
    """The other end of one connection: a server and client in memory, checked against the spec.

    Messages for the application wait in a list; when it is empty, receiving waits. Sends to a
    disconnected peer fail with `OSError` if `fails_after_disconnect` is set, as servers differ in it.
    """

    def __init__(self, app: Any, **keys: Any) -> None:
        scope = websocket_scope(**{"extensions": {"websocket.http.response": {}}, **keys})
        super().__init__(scope, {"type": "websocket.connect"})
        self.app = lint(app)
        self.waiting = self.received
        self.fails_after_disconnect = True
        self.disconnected = False
        self._changed: anyio.Event | None = None

    def text(self, *texts: str) -> Peer:
        self.waiting.extend({"type": "websocket.receive", "text": text} for text in texts)
        return self._wake()

    def bytes(self, *payloads: bytes) -> Peer:
        self.waiting.extend({"type": "websocket.receive", "bytes": payload} for payload in payloads)
        return self._wake()

    def raw(self, *messages: dict[str, Any]) -> Peer:
        self.waiting.extend(messages)
        return self._wake()

    def disconnect(self, code: int = 1000, reason: str = "") -> Peer:
        return self.raw({"type": "websocket.disconnect", "code": code, "reason": reason})

    def _wake(self) -> Peer:
        if self._changed is not None:
            self._changed.set()
            self._changed = None
        return self

    async def receive(self) -> dict[str, Any]:
        while not self.waiting:
            self._changed = self._changed or anyio.Event()
            await self._changed.wait()
        message = await super().receive()
        self.disconnected = message["type"] == "websocket.disconnect"
        return message

    async def send(self, message: dict[str, Any]) -> None:
        if self.disconnected and self.fails_after_disconnect:
            raise OSError("disconnected")
        await super().send(message)
        await anyio.lowlevel.checkpoint()

    async def run(self) -> Peer:  # type: ignore[override]
        with anyio.fail_after(5):
            await self.app(self.scope, self.receive, self.send)
        return self

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.sent if message["type"] == "websocket.send"]

    @property
    def types(self) -> list[str]:
        return [message["type"].removeprefix("websocket.") for message in self.sent]

    @property
    def closed_with(self) -> tuple[int, str] | None:
        for message in self.sent:
            if message["type"] == "websocket.close":
                return message["code"], message["reason"]
        return None

    @property
    def denial_response(self) -> tuple[int | None, bytes]:
        return self.sent.status, self.sent.body


@pytest.fixture
def peer() -> type[Peer]:
    return Peer
