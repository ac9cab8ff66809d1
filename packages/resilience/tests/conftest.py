"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from armillary.asgi_types import ASGIApp
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


class Response(NamedTuple):
    """What an application responded with: status, headers by name (the last of each), body, all messages."""

    status: int
    headers: dict[str, str]
    body: bytes
    messages: list[Any]


Call = Callable[..., Awaitable[Response]]


@pytest.fixture
def call() -> Call:
    """Call an application with one HTTP request, both sides checked against the specification."""

    async def call(
        app: ASGIApp,
        method: str = "GET",
        path: str = "/",
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        body: bytes | list[bytes] = b"",
        **scope: Any,
    ) -> Response:
        chunks = [body] if isinstance(body, bytes) else list(body)
        pairs = list((headers or {}).items()) if not isinstance(headers, list) else headers
        if not any(name == "host" for name, _ in pairs):
            pairs = [("host", "example.com"), *pairs]
        messages: list[Any] = []

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
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in pairs],
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        await lint(app)(full_scope, receive, send)
        start = messages[0]
        return Response(
            start["status"],
            {name.decode(): value.decode() for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in messages[1:]),
            messages,
        )

    return call


@pytest.fixture
def ok() -> ASGIApp:
    """An application that reads its body and echoes it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    return app
