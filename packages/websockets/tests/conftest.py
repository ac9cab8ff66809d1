"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import settings

from armillary.lint import lint

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class Peer:
    """The other end of one connection: a server and client in memory, checked against the spec.

    Messages for the application wait in a list; when it is empty, receiving waits. Sends to a
    disconnected peer fail with `OSError` if `fails_after_disconnect` is set, as servers differ in it.
    """

    def __init__(self, app: Any, **scope: Any) -> None:
        self.app = lint(app)
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"testserver")],
            "client": ("127.0.0.1", 50000),
            "server": ("testserver", 80),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
            **scope,
        }
        self.waiting: list[dict[str, Any]] = [{"type": "websocket.connect"}]
        self.sent: list[dict[str, Any]] = []
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
        message = self.waiting.pop(0)
        if message["type"] == "websocket.disconnect":
            self.disconnected = True
        return message

    async def send(self, message: dict[str, Any]) -> None:
        if self.disconnected and self.fails_after_disconnect:
            raise OSError("disconnected")
        self.sent.append(message)
        await anyio.lowlevel.checkpoint()

    async def run(self) -> Peer:
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
    def denial_response(self) -> tuple[int, bytes]:
        body = b"".join(m["body"] for m in self.sent if m["type"] == "websocket.http.response.body")
        return self.sent[0]["status"], body


@pytest.fixture
def peer() -> type[Peer]:
    return Peer
