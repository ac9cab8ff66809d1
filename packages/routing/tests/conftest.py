"""Connections to routes, without an event loop."""

from __future__ import annotations

import json
from typing import Any

import pytest
from testkit import Connection, SentMessages, http_scope, websocket_scope


async def call(app: Any, scope: dict[str, Any], *received: dict[str, Any]) -> SentMessages:
    """Serve one connection, with the messages the client sends."""
    first = {"type": "websocket.connect"} if scope["type"] == "websocket" else {"type": "http.request"}
    return await Connection(scope, *(received or (first,))).run(app)


def run(coroutine: Any) -> Any:
    """Finish a coroutine that never waits; routing itself never does."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the coroutine waited for an event loop")


class Endpoint:
    """An ASGI application that responds with its name and what routing put in the scope."""

    def __init__(self, name: str = "endpoint") -> None:
        self.name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4000, "reason": self.name})
            return
        fields = ("path_params", "root_path", "app_root_path", "path")
        body = json.dumps([self.name, {key: scope[key] for key in fields if key in scope}], default=str).encode()
        head = scope["method"] == "HEAD"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
        await send({"type": "http.response.body", "body": b"" if head else body})


class Driver:
    """What the tests of this package share."""

    endpoint = Endpoint
    http_scope = staticmethod(http_scope)
    websocket_scope = staticmethod(websocket_scope)
    call = staticmethod(call)
    run = staticmethod(run)

    def get(self, app: Any, path: str, method: str = "GET", **keys: Any) -> SentMessages:
        return run(call(app, http_scope(path, method, **keys)))

    def received(self, app: Any, path: str, method: str = "GET", **keys: Any) -> list[Any]:
        """Return the endpoint's name and what routing put in the scope."""
        response = self.get(app, path, method, **keys)
        assert response.status == 200, response.status
        return json.loads(response.body)


@pytest.fixture(scope="session")
def driver() -> Driver:
    return Driver()
