"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary.http import request_response
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


class Sent:
    """What was sent in response to one request."""

    def __init__(self, messages: list[Any]) -> None:
        self.debug = [message["info"] for message in messages if message["type"] == "http.response.debug"]
        start = next(message for message in messages if message["type"] == "http.response.start")
        bodies = [message["body"] for message in messages if message["type"] == "http.response.body"]
        self.status: int = start["status"]
        self.headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        self.pieces = [body for body in bodies if body]
        self.text = b"".join(bodies).decode()


async def render(endpoint: Callable[..., Any], **given: Any) -> Sent:
    """Serve one request with an endpoint, checked by the linter; keyword arguments are keys of the scope."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"site.example")],
        "client": ("127.0.0.1", 50000),
        "server": ("testserver", 80),
        **given,
    }
    messages: list[Any] = []

    async def receive() -> Any:
        await anyio.sleep_forever()

    async def send(message: Any) -> None:
        messages.append(message)

    await lint(request_response(endpoint))(scope, receive, send)
    return Sent(messages)


@pytest.fixture
def serve() -> Callable[..., Any]:
    return render


@pytest.fixture
def pages(tmp_path: Path) -> Callable[..., Path]:
    """`pages(name=source)` writes templates; "__" in a name is a dot, so "page__html"."""

    def write(**sources: str) -> Path:
        for name, source in sources.items():
            (tmp_path / name.replace("__", ".")).write_text(source)
        return tmp_path

    return write
