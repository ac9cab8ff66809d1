"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from hypothesis import settings

from armillary.asgi_types import Message, Receive, Scope, Send
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
    """A server's end of one scope: gives the messages listed, keeps those sent."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        return self._messages.pop(0)

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def http_scope(**changes: Any) -> Scope:
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ["127.0.0.1", 50000],
        "server": ("127.0.0.1", 80),
        "extensions": {},
        "state": {},
    }
    return {**scope, **changes}


def websocket_scope(**changes: Any) -> Scope:
    scope = {**http_scope(), "type": "websocket", "scheme": "ws", "subprotocols": ["chat"]}
    del scope["method"]
    return {**scope, **changes}


def lifespan_scope(**changes: Any) -> Scope:
    return {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}, **changes}


def run_http(*sent: Message, scope: Scope | None = None, received: tuple[Message, ...] = ()) -> list[Message]:
    """Run an app that receives and then sends these messages, under lint; return what got through."""
    return run_app(scope or http_scope(), sent, received)


def run_app(scope: Scope, sent: tuple[Message, ...], received: tuple[Message, ...] = ()) -> list[Message]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in received:
            await receive()
        for message in sent:
            await send(message)

    peer = Peer(*received)
    anyio.run(lint(app), scope, peer.receive, peer.send)
    return peer.sent


@pytest.fixture
def drive() -> SimpleNamespace:
    """The scopes and drivers above, as conftest modules cannot be imported."""
    return SimpleNamespace(
        Peer=Peer,
        app=run_app,
        http=run_http,
        http_scope=http_scope,
        lifespan_scope=lifespan_scope,
        websocket_scope=websocket_scope,
    )
