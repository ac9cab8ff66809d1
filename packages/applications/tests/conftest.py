"""Every test marked `anyio` runs on asyncio, on uvloop where it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.lint import LintError, lint
from armillary.routing import Router

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
        app: Any,
        path: str = "/",
        accept: str = "*/*",
        body: bytes = b"",
        chunks: tuple[bytes, ...] = (),
        **keys: Any,
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
        bodies = chunks or (body,)
        events = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in bodies[:-1]]
        return await _drive(app, [*events, {"type": "http.request", "body": bodies[-1], "more_body": False}], scope)

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


async def run_lifespan(app: Any, state: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Start and stop an application, and return the messages it sent."""
    sent: list[dict[str, Any]] = []
    events = iter(({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}))

    async def receive() -> dict[str, Any]:
        return next(events)

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope: dict[str, Any] = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}
    if state is not None:
        scope["state"] = state
    await app(scope, receive, send)
    return sent


@pytest.fixture
def lifespan() -> Callable[..., Awaitable[list[dict[str, Any]]]]:
    return run_lifespan


class Outside:
    """A middleware that changes nothing."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class WrappedStack(Armillary):
    """An application whose stack is inside another callable."""

    def build_middleware_stack(self) -> Any:
        return Outside(super().build_middleware_stack())


class CalledRouter(Router):
    """A router that must be called, since its `select` is not all it does."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await super().__call__(scope, receive, send)


class WithCalledRouter(Armillary):
    router_class = CalledRouter


def _behind_middleware(cls: type[Armillary]) -> Callable[..., Armillary]:
    def make(**options: Any) -> Armillary:
        return cls(middleware=[*options.pop("middleware", ()), Middleware(Outside)], **options)

    return make


PATHS: dict[str, Callable[..., Armillary]] = {
    "plain": Armillary,
    "wrapped stack": WrappedStack,
    "called router": WithCalledRouter,
    "middleware": _behind_middleware(Armillary),
    "middleware, called router": _behind_middleware(WithCalledRouter),
}


@pytest.fixture(params=PATHS.values(), ids=PATHS)
def started(request: pytest.FixtureRequest) -> Callable[..., Awaitable[Armillary]]:
    """Make an application whose stack is built; each test runs with every kind of stack."""

    async def make(**options: Any) -> Armillary:
        app: Armillary = request.param(**options)
        await run_lifespan(app)
        assert app.middleware_stack is not None
        return app

    return make
