"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import anyio
import pytest
from hypothesis import settings

from armillary.lint import lint

# A busy machine may pause for longer than any deadline.
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


class Exchange:
    """One request to an application: the request and the messages the application sent.

    Args:
        scope: overrides of a plain GET of ASGI spec 2.4.
        body: the request body.
        disconnected_after: the client disconnects once this many response messages were sent; the server
            then sends `http.disconnect`, and from spec 2.4 its send raises `OSError`.
    """

    def __init__(self, *, body: bytes = b"", disconnected_after: int | None = None, **scope: Any) -> None:
        self.scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": scope.pop("spec_version", "2.4")},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [],
            "client": ("127.0.0.1", 50000),
            "server": ("testserver", 80),
            **scope,
        }
        if self.scope["type"] == "websocket":
            del self.scope["method"]
            self.scope["subprotocols"] = []
        self.request = [{"type": "http.request", "body": body, "more_body": False}]
        self.sent: list[Any] = []
        self.disconnected = anyio.Event()
        self._disconnected_after = disconnected_after

    async def receive(self) -> Any:
        if self.request:
            return self.request.pop()
        await self.disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        version = self.scope["asgi"]["spec_version"]
        if self.disconnected.is_set() and tuple(map(int, version.split("."))) >= (2, 4):
            raise BrokenPipeError("the client disconnected")
        self.sent.append(message)
        if self._disconnected_after is not None and len(self.sent) >= self._disconnected_after:
            self.disconnected.set()

    async def run(self, app: Any) -> Exchange:
        await lint(app)(self.scope, self.receive, self.send)
        return self

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        pairs = [(name.decode(), value.decode("latin-1")) for name, value in self.sent[0]["headers"]]
        assert len(dict(pairs)) == len(pairs), f"a header twice in {pairs}"
        return dict(pairs)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.sent]


@pytest.fixture
def exchange() -> type[Exchange]:
    return Exchange


@pytest.fixture
def post(exchange: type[Exchange]) -> Any:
    """A function that sends body pieces to an application: `await post(app, *pieces, content_type=...)`."""

    async def send(app: Any, *pieces: bytes, content_type: str | None = None, **scope: Any) -> Exchange:
        headers = scope.pop("headers", [])
        if content_type is not None:
            headers = [*headers, (b"content-type", content_type.encode("latin-1"))]
        one = exchange(method=scope.pop("method", "POST"), headers=headers, **scope)
        one.request = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces or (b"",), 1)
        ]
        one.request.reverse()
        return await one.run(app)

    return send


def count_lines(work: Callable[[], object]) -> int:
    lines = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(previous)
    return lines


@pytest.fixture
def counted_lines() -> Callable[[Callable[[], object]], int]:
    """Return how many lines of Python some work runs: a count that does not depend on the load."""
    return count_lines
