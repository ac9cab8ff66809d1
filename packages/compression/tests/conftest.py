"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import settings

from armillary.asgi_types import ASGIApp
from armillary.compression._zstd import zstd_library
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


class Response:
    """The response to one request."""

    def __init__(self, messages: list[Any]) -> None:
        self.messages = messages
        start = next(message for message in messages if message["type"] == "http.response.start")
        self.status: int = start["status"]
        self.headers: list[tuple[bytes, bytes]] = list(start["headers"])
        self.parts: list[bytes] = [
            message.get("body", b"") for message in messages if message["type"] == "http.response.body"
        ]
        self.body = b"".join(self.parts)

    def all(self, name: bytes) -> list[bytes]:
        return [value for key, value in self.headers if key == name]

    def get(self, name: bytes) -> bytes | None:
        found = self.all(name)
        assert len(found) < 2, f"{name!r} was sent {len(found)} times"
        return found[0] if found else None


Call = Callable[..., Awaitable[Response]]


@pytest.fixture
def call() -> Call:
    """Send one HTTP request, both sides checked against the specification."""

    async def call(
        app: ASGIApp, accept: bytes | None = None, body: tuple[bytes, ...] = (b"",), sent: Any = None, **scope: Any
    ) -> Response:
        messages: list[Any] = [] if sent is None else sent
        chunks = list(body)

        async def receive() -> Any:
            if not chunks:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            messages.append(message)

        headers = [] if accept is None else [(b"accept-encoding", accept)]
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
            "headers": headers,
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        await lint(app)(full_scope, receive, send)
        return Response(messages)

    return call


class Reader:
    """Reads a coded body part by part, as a browser does."""

    def __init__(self, coding: str) -> None:
        if coding == "gzip":
            self.read: Callable[[bytes], bytes] = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
        elif coding == "br":
            self.read = brotli.Decompressor().process
        else:
            self.read = zstd_library().ZstdDecompressor().decompress


@pytest.fixture(scope="session")
def reader() -> type[Reader]:
    return Reader
