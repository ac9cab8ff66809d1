"""Every test marked `anyio` runs on asyncio, on uvloop where it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import settings

from armillary.lint import LintError, lint

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


@dataclass
class RecordedResponse:
    """What an application sent, and what it raised after that."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def kinds(self) -> list[str]:
        return [message["type"] for message in self.sent]


Drive = Callable[..., Awaitable[RecordedResponse]]


async def _drive(app: Any, events: list[dict[str, Any]], scope: dict[str, Any]) -> RecordedResponse:
    response = RecordedResponse()
    following = iter(events)

    async def receive() -> dict[str, Any]:
        return next(following)

    async def send(message: Any) -> None:
        response.sent.append(dict(message))

    try:
        await lint(app)(scope, receive, send)
    except LintError:
        raise
    except Exception as exc:
        response.error = exc
    return response


@pytest.fixture
def http() -> Drive:
    """Send one HTTP request to an application, under lint."""

    async def request(
        app: Any, path: str = "/", accept: str = "*/*", body: bytes = b"", **keys: Any
    ) -> RecordedResponse:
        headers = [(b"host", b"testserver"), (b"accept", accept.encode()), *keys.pop("headers", [])]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("192.0.2.1", 50000),
            "server": ("testserver", 80),
            **keys,
        }
        return await _drive(app, [{"type": "http.request", "body": body, "more_body": False}], scope)

    return request


@pytest.fixture
def websocket() -> Drive:
    """Open one WebSocket to an application, under lint, and send it the texts given."""

    async def connect(
        app: Any, texts: tuple[str, ...] = (), denial_response: bool = False, **keys: Any
    ) -> RecordedResponse:
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"testserver")],
            "client": ("192.0.2.1", 50000),
            "server": ("testserver", 80),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}} if denial_response else {},
            **keys,
        }
        events: list[dict[str, Any]] = [{"type": "websocket.connect"}]
        events += [{"type": "websocket.receive", "text": text} for text in texts]
        return await _drive(app, [*events, {"type": "websocket.disconnect", "code": 1000}], scope)

    return connect
