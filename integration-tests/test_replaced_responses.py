"""A response whose start is withheld and then replaced is the one that is sent, through each pair of middleware.

What commits at the start of a response, such as a transaction or a session, may fail there; the error's response is
then a second start for every middleware between it and the exception handler.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from testkit import call

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send
from armillary.http import JSONResponse, Request, Response, StreamingResponse
from armillary.routing import Route

pytestmark = pytest.mark.anyio
FAMILY = runpy.run_path(str(Path(__file__).with_name("test_middleware_family.py")))["FAMILY"]
DIFFERS_EACH_TIME = {b"x-request-id", b"set-cookie", b"ratelimit", b"ratelimit-policy", b"content-security-policy"}
HEADERS = [
    (b"host", b"shop.test"),
    (b"accept-encoding", b"gzip"),
    (b"origin", b"https://friend.test"),
]


class CommitFailed(Exception):
    """Raised by the first start, as a failed commit is."""


class Withholding:
    """Fails where the first response starts, as `TransactionMiddleware` does when a commit fails."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_failed = False

        async def commit_and_send(message: Message) -> None:
            nonlocal has_failed
            if message["type"] == "http.response.start" and message["status"] == 200 and not has_failed:
                has_failed = True
                raise CommitFailed
            await send(message)

        await self.app(scope, receive, commit_and_send)


async def large(request: Request) -> Response:
    return JSONResponse({"stars": ["Vega"] * 500}, headers={"cache-control": "max-age=60"})


async def stream(request: Request) -> Response:
    async def parts() -> Any:
        for _ in range(5):
            yield b"part" * 200

    return StreamingResponse(parts(), media_type="text/plain")


def conflict(request: Request, exc: Exception | None = None) -> Response:
    return JSONResponse({"detail": "That is in use already, by somebody else. " * 30}, 409)


async def conflict_at_once(request: Request) -> Response:
    return conflict(request)


def application(*names: str) -> ASGIApp:
    app: Any = Armillary(
        routes=[Route("/large", large), Route("/stream", stream), Route("/conflict", conflict_at_once)],
        exception_handlers={CommitFailed: conflict},
    )
    for name in names:
        app = FAMILY[name](app)
    return Withholding(app)


async def responses(app: ASGIApp, path: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    sent = await call(app, path, scheme="https", headers=HEADERS)
    return sent.status, sorted(pair for pair in sent.raw_headers if pair[0] not in DIFFERS_EACH_TIME), sent.body


@pytest.mark.parametrize("path", ["/large", "/stream"])
@pytest.mark.parametrize("outer", FAMILY)
async def test_the_second_start_is_sent_as_if_it_were_the_first(outer: str, path: str) -> None:
    for names in [(outer,), *((inner, outer) for inner in FAMILY if inner != outer)]:
        expected = await responses(application(*names), "/conflict")
        assert expected[0] == 409
        assert await responses(application(*names), path) == expected, names
