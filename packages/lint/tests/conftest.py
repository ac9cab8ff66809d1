"""Applications that receive and send given messages, under lint."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import pytest
import testkit
from testkit import Connection

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.lint import lint

# Of any value, also a wrong one.
KEYS: dict[str, Any] = {"extensions": {}, "state": {}}


def http_scope(**keys: Any) -> Scope:
    return {**testkit.http_scope(), **KEYS, **keys}


def websocket_scope(**keys: Any) -> Scope:
    return {**testkit.websocket_scope(subprotocols=["chat"]), **KEYS, **keys}


def lifespan_scope(**keys: Any) -> Scope:
    return testkit.lifespan_scope(**{"asgi": {"version": "3.0"}, "state": {}, **keys})


def run_http(*sent: Message, scope: Scope | None = None, received: tuple[Message, ...] = ()) -> list[Message]:
    """Run an app that receives and then sends these messages, under lint; return what got through."""
    return run_app(scope or http_scope(), sent, received)


def run_app(scope: Scope, sent: tuple[Message, ...], received: tuple[Message, ...] = ()) -> list[Message]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for _ in received:
            await receive()
        for message in sent:
            await send(message)

    connection = Connection(scope, *received)
    anyio.run(lint(app), scope, connection.receive, connection.send)
    return connection.sent


def peer(*received: Message) -> Connection:
    """Return a server's end that gives these messages."""
    return Connection(http_scope(), *received)


@pytest.fixture
def drive() -> SimpleNamespace:
    """The scopes and drivers above, as conftest modules cannot be imported."""
    return SimpleNamespace(
        Peer=peer,
        app=run_app,
        http=run_http,
        http_scope=http_scope,
        lifespan_scope=lifespan_scope,
        websocket_scope=websocket_scope,
    )
