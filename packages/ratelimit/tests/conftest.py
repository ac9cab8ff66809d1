"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from armillary.asgi_types import ASGIApp
from armillary.lint import lint

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

ASYNCIO = pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio")
BACKENDS = [ASYNCIO, pytest.param(("trio", {}), id="trio")]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class ReceivedResponse:
    """Status, headers by name (several joined) and body."""

    def __init__(self, messages: list[Any]) -> None:
        self.messages = messages
        start = messages[0]
        self.status: int | None = start.get("status")
        self.headers: dict[str, str] = {}
        for name, value in start.get("headers", ()):
            key = name.decode()
            self.headers[key] = f"{self.headers[key]}, {value.decode()}" if key in self.headers else value.decode()
        self.body = b"".join(message.get("body", b"") for message in messages[1:])


Call = Callable[..., Awaitable[ReceivedResponse]]


@pytest.fixture
def call() -> Call:
    """Send one request, both sides checked against the specification."""

    async def call(app: ASGIApp, path: str = "/", method: str = "GET", **scope: Any) -> ReceivedResponse:
        messages: list[Any] = []
        kind = scope.get("type", "http")

        async def receive() -> Any:
            if kind == "websocket":
                return {"type": "websocket.connect"}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        full_scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        if kind == "websocket":
            del full_scope["method"]
            full_scope = {**full_scope, "scheme": "ws", "subprotocols": []}
        await lint(app)(full_scope, receive, send)
        return ReceivedResponse(messages)

    return call


class RedisServer:
    """A Redis of the tests' own, which they start and stop."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port: int = taken.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise TimeoutError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        if os.environ.get("ARMILLARY_REQUIRE_SERVICES") == "1":
            pytest.fail("redis-server is not installed")
        pytest.skip("redis-server is not installed")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()
