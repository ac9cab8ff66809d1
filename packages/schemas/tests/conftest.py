"""Every test marked `anyio` runs on asyncio, on trio, and on uvloop if it is installed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

import pytest

from armillary.asgi_types import ASGIApp
from armillary.lint import lint

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


Call = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def call() -> Call:
    """Send one HTTP request, both sides checked against the specification; return what was sent back."""

    async def call(app: ASGIApp, body: tuple[bytes, ...] = (b"",), sent: list[Any] | None = None, **scope: Any) -> Any:
        messages: list[Any] = [] if sent is None else sent
        chunks = list(body)

        async def receive() -> Any:
            if not chunks:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            messages.append(message)

        full_scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        await lint(app)(full_scope, receive, send)
        return messages

    return call
