"""Requests that know when their client disconnects."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from testkit import Connection, http_scope, request_messages, websocket_scope


class Exchange(Connection):
    """One request to an application: the request and the messages the application sent.

    Args:
        scope: overrides of a plain GET of ASGI spec 2.4.
        body: the request body.
        disconnected_after: the client disconnects once this many response messages were sent; the server
            then sends `http.disconnect`, and from spec 2.4 its send raises `OSError`.
    """

    def __init__(self, *, body: bytes = b"", disconnected_after: int | None = None, **keys: Any) -> None:
        keys = {"asgi": {"version": "3.0", "spec_version": keys.pop("spec_version", "2.4")}, "headers": [], **keys}
        make = websocket_scope if keys.get("type") == "websocket" else http_scope
        super().__init__(make(**keys), *request_messages(body))
        self.disconnected = anyio.Event()
        self._disconnected_after = disconnected_after

    async def receive(self) -> Any:
        if not self.received:
            await self.disconnected.wait()
        return await super().receive()

    async def send(self, message: Any) -> None:
        version = self.scope["asgi"]["spec_version"]
        if self.disconnected.is_set() and tuple(map(int, version.split("."))) >= (2, 4):
            raise BrokenPipeError("the client disconnected")
        self.sent.append(message)
        if self._disconnected_after is not None and len(self.sent) >= self._disconnected_after:
            self.disconnected.set()

    async def run(self, app: Any) -> Exchange:  # type: ignore[override]
        await super().run(app)
        return self

    @property
    def status(self) -> int | None:
        return self.sent.status

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): self.sent.get(name).decode("latin-1") for name, _ in self.sent.raw_headers}

    @property
    def body(self) -> bytes:
        return self.sent.body

    @property
    def sentence(self) -> str:
        return self.sent.sentence

    @property
    def kinds(self) -> list[str]:
        return self.sent.kinds


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
        one.received = request_messages(pieces or b"")
        return await one.run(app)

    return send
