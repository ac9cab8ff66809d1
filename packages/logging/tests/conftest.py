"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any
from uuid import uuid4

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


class Connection:
    """Calls an application once, both sides checked against the specification."""

    def __init__(self, scope_type: str = "http", received: tuple[Any, ...] = (), **scope: Any) -> None:
        self.sent: list[Any] = []
        self.received = list(received)
        self.scope = {
            "type": scope_type,
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "scheme": "http" if scope_type == "http" else "ws",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **({"method": "GET"} if scope_type == "http" else {"subprotocols": []}),
            **scope,
        }

    async def receive(self) -> Any:
        if self.received:
            return self.received.pop(0)
        if self.scope["type"] == "http":
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def call(self, app: Any) -> list[Any]:
        await lint(app)(self.scope, self.receive, self.send)
        return self.sent

    def fields(self, name: bytes) -> list[bytes]:
        return [value for found, value in self.sent[0]["headers"] if found == name]


@pytest.fixture
def connection() -> type[Connection]:
    return Connection


class KeepingHandler(logging.Handler):
    """Keeps records in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def handler() -> KeepingHandler:
    return KeepingHandler()


@pytest.fixture
def records(handler: KeepingHandler) -> list[Any]:
    return handler.records


@pytest.fixture
def logger(handler: KeepingHandler) -> Iterator[logging.Logger]:
    logger = logging.getLogger(f"test.{uuid4().hex}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)
