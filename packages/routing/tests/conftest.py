"""Every test marked `anyio` runs on asyncio, on uvloop where it is installed, and on trio."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import Any

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


class RecordedResponse:
    """What an application sent for one request."""

    def __init__(self, messages: list[dict[str, Any]], scope: dict[str, Any]) -> None:
        start = messages[0]
        self.scope = scope
        self.messages = messages
        self.status: int = start.get("status", 0)
        self.headers = {name.decode(): value.decode() for name, value in start.get("headers", [])}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])


def http_scope(path: str = "/", method: str = "GET", **keys: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        **keys,
    }


def websocket_scope(path: str = "/", **keys: Any) -> dict[str, Any]:
    scope = http_scope(path, **keys)
    del scope["method"]
    return {**scope, "type": "websocket", "scheme": "ws", "subprotocols": []}


async def call(app: Any, scope: dict[str, Any], *received: dict[str, Any]) -> RecordedResponse:
    """Serve one connection under lint, with the messages the client sends."""
    sent: list[dict[str, Any]] = []
    first = {"type": "websocket.connect"} if scope["type"] == "websocket" else {"type": "http.request"}
    queue = iter(received or [first])

    async def receive() -> dict[str, Any]:
        return next(queue)

    async def send(message: Any) -> None:
        sent.append(message)

    await lint(app)(scope, receive, send)
    return RecordedResponse(sent, scope)


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

    def get(self, app: Any, path: str, method: str = "GET", **keys: Any) -> RecordedResponse:
        return run(call(app, http_scope(path, method, **keys)))

    def received(self, app: Any, path: str, method: str = "GET", **keys: Any) -> list[Any]:
        """Return the endpoint's name and what routing put in the scope."""
        response = self.get(app, path, method, **keys)
        assert response.status == 200, response.status
        return json.loads(response.body)


@pytest.fixture(scope="session")
def driver() -> Driver:
    return Driver()
