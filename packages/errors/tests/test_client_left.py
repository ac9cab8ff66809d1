"""A client that leaves is no error of the application; an error of its own is one, whoever has left."""

from __future__ import annotations

import errno
import logging
from typing import Any

import pytest

from armillary.errors import ServerErrorMiddleware
from armillary.http import FileResponse, PlainTextResponse, StreamingResponse

pytestmark = pytest.mark.anyio


async def raw(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def raw_websocket(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": "hello"})


class PassedOn:
    """A layer that passes messages on without a frame of its own in the traceback."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, lambda message: send(message))


async def connection(app: Any, kind: str, fails_at: int) -> list[str]:
    """Run an application whose client leaves before the send of that number; return the types that were sent."""
    sent: list[str] = []

    async def send(message: Any) -> None:
        if len(sent) >= fails_at:
            raise BrokenPipeError("the client has left")
        sent.append(message["type"])

    async def receive() -> Any:
        return {"type": f"{kind}.disconnect"}

    scope = {"type": kind, "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
    await app(scope, receive, send)
    return sent


@pytest.mark.parametrize("fails_at", [0, 1])
@pytest.mark.parametrize(
    "app",
    [raw, PlainTextResponse("all"), StreamingResponse([b"one", b"two"]), FileResponse(__file__), PassedOn(raw)],
    ids=["raw", "response", "stream", "file", "passed on"],
)
async def test_a_client_that_leaves_is_neither_reported_nor_raised(
    app: Any, fails_at: int, caplog: pytest.LogCaptureFixture
) -> None:
    guarded = ServerErrorMiddleware(PassedOn(ServerErrorMiddleware(app)))
    assert len(await connection(guarded, "http", fails_at)) == fails_at
    assert caplog.records == []


@pytest.mark.parametrize("fails_at", [0, 1])
async def test_a_websocket_whose_client_leaves_is_neither_reported_nor_raised(
    fails_at: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(await connection(ServerErrorMiddleware(raw_websocket), "websocket", fails_at)) == fails_at
    assert caplog.records == []


async def test_an_os_error_of_the_application_itself_is_reported_and_raised_though_the_client_has_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        open("/there/is/no/such/file")  # noqa: SIM115

    caplog.set_level(logging.ERROR, "armillary.errors")
    with pytest.raises(FileNotFoundError):
        await connection(ServerErrorMiddleware(app), "http", 0)
    assert [record.getMessage() for record in caplog.records] == ["FileNotFoundError was not handled on GET /"]


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "no space left on the device"), OSError("no space left in the quota")]
)
async def test_an_os_error_of_a_layer_that_writes_a_file_while_it_sends_is_reported_and_raised(
    failure: OSError, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def send_and_keep(message: Any) -> None:
            raise failure

        await raw(scope, receive, send_and_keep)

    with pytest.raises(OSError, match="no space left"):
        await connection(ServerErrorMiddleware(app), "http", 0)
    assert "no space left" in caplog.text
