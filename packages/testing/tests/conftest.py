"""Clients on each event loop, and applications for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.testing import TestClient


def backend_options(anyio_backend: object) -> dict[str, Any]:
    name, options = anyio_backend
    return {"backend": name, "backend_options": options}


@pytest.fixture
def make_client(anyio_backend: object) -> Callable[..., TestClient]:
    """Make a sync client on each event loop."""
    return partial(TestClient, **backend_options(anyio_backend))


async def _lifespan(scope: Scope, receive: Receive, send: Send, steps: list[str]) -> None:
    await receive()
    steps.append("startup")
    scope["state"]["database"] = "open"
    await send({"type": "lifespan.startup.complete"})
    await receive()
    steps.append("shutdown")
    await send({"type": "lifespan.shutdown.complete"})


class Recorder:
    """An application of functions by path, which records what its lifespan did."""

    def __init__(self, **paths: ASGIApp) -> None:
        self.paths = paths
        self.steps: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(scope, receive, send, self.steps)
        else:
            await self.paths[scope["path"].strip("/") or "root"](scope, receive, send)


async def respond(send: Send, body: bytes = b"", *, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> None:
    """Send a whole response."""
    pairs = [(name.encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def read_body(receive: Receive) -> list[bytes]:
    """Read a request body as the parts it came in."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        parts.append(message["body"])
        if not message["more_body"]:
            return parts


@pytest.fixture
def tools() -> SimpleNamespace:
    """What conftest offers to build applications with, as it cannot be imported."""
    return SimpleNamespace(Recorder=Recorder, respond=respond, read_body=read_body)
