"""`starlette.middleware.wsgi`: what subclasses of the responder override, and how a response ends early."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from armillary.starlette.exceptions import StarletteDeprecationWarning

with warnings.catch_warnings():
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from armillary.starlette.middleware.wsgi import WSGIResponder

pytestmark = pytest.mark.anyio

SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [], "http_version": "1.1"}


class Parts:
    """A WSGI application whose body reports that it was closed."""

    closed = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Parts:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    def close(self) -> None:
        self.closed = True


async def receive() -> Any:
    return {"type": "http.request"}


async def test_a_subclass_sees_the_messages_of_the_thread() -> None:
    seen: list[Any] = []

    class Watching(WSGIResponder):
        def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
            environ["seen"] = True
            super().wsgi(environ, start_response)

        async def sender(self, send: Any) -> None:
            async def watched(message: Any) -> None:
                seen.append(message["type"])
                await send(message)

            await super().sender(watched)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    app = Parts()
    responder = Watching(app, SCOPE)
    await responder(receive, send)
    assert b"".join(message.get("body", b"") for message in sent) == b"ab"
    assert seen == [message["type"] for message in sent]
    assert (responder.status, responder.response_headers) == (200, [("Content-Type", "text/plain")])
    assert app.closed


async def test_an_error_of_the_servers_send_ends_the_application() -> None:
    app = Parts()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await WSGIResponder(app, SCOPE)(receive, send)
    assert app.closed
