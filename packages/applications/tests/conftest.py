"""Connections to an application, and every path through the layers that it adds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest
from testkit import Connection, SentMessages, call, lifespan_scope

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.routing import Router

Drive = Callable[..., Awaitable[SentMessages]]


@pytest.fixture
def http() -> Drive:
    """Send one HTTP request to an application; what it raises is kept."""

    def request(
        app: Any, path: str = "/", accept: str = "*/*", chunks: tuple[bytes, ...] = (), headers: Any = (), **keys: Any
    ) -> Any:
        named = [(b"host", b"testserver"), (b"accept", accept.encode()), *headers]
        body = chunks or keys.pop("body", b"")
        return call(app, path, body=body, headers=named, catch=True, **keys)

    return request


@pytest.fixture
def websocket() -> Drive:
    """Open one WebSocket to an application; what it raises is kept."""
    return partial(call, type="websocket", catch=True)


async def run_lifespan(app: Any, state: dict[str, Any] | None = None) -> SentMessages:
    """Start and stop an application, and return the messages it sent."""
    keys = {} if state is None else {"state": state}
    connection = Connection(lifespan_scope(**keys), {"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    await app(connection.scope, connection.receive, connection.send)
    return connection.sent


@pytest.fixture
def lifespan() -> Drive:
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
