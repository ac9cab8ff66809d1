"""A response whose start is withheld and then replaced is the one that is sent, through each pair of middleware.

What commits at the start of a response, such as a transaction or a session, may fail there; the error's response is
then a second start for every middleware between it and the exception handler.
"""

from __future__ import annotations

import contextlib
import runpy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from testkit import call

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, Message, Middleware, Receive, Scope, Send
from armillary.http import JSONResponse, Request, Response, StreamingResponse
from armillary.idempotency import IdempotencyMiddleware
from armillary.routing import Route

pytestmark = pytest.mark.anyio
FAMILY = runpy.run_path(str(Path(__file__).with_name("test_middleware_family.py")))["FAMILY"]
DIFFERS_EACH_TIME = {b"x-request-id", b"set-cookie", b"ratelimit", b"ratelimit-policy", b"content-security-policy"}
HEADERS = [
    (b"host", b"shop.test"),
    (b"accept-encoding", b"gzip"),
    (b"origin", b"https://friend.test"),
    (b"idempotency-key", b'"a-key"'),
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


class Breaking:
    """Raises at the first message of a body, inside of what may have kept its start back."""

    def __init__(self, app: ASGIApp, exc: Exception) -> None:
        self.app = app
        self.exc = exc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_failed = False

        async def send_or_raise(message: Message) -> None:
            nonlocal has_failed
            if message["type"] == "http.response.body" and not has_failed:
                has_failed = True
                raise self.exc
            await send(message)

        await self.app(scope, receive, send_or_raise)


async def sent_by(app: ASGIApp) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/large", "query_string": b"", "headers": HEADERS}
    with contextlib.suppress(CommitFailed, OSError):
        await app({**scope, "scheme": "https", "asgi": {"spec_version": "2.4"}}, receive, send)
    return sent


@pytest.mark.parametrize("exc", [CommitFailed(), OSError("the quota is used up")], ids=repr)
@pytest.mark.parametrize("layer", FAMILY)
async def test_a_response_whose_body_a_layer_inside_does_not_pass_on_is_replaced_only_if_its_start_was_kept_back(
    layer: str, exc: Exception
) -> None:
    for names in [(layer,), (layer, "compression"), ("compression", layer)]:
        app: Any = Armillary(
            routes=[Route("/large", large)],
            middleware=[*(Middleware(FAMILY[name]) for name in names), Middleware(Breaking, exc)],
            exception_handlers={type(exc): conflict},
        )
        starts = [message["status"] for message in await sent_by(app) if message["type"] == "http.response.start"]
        assert starts == [409 if {"compression", "gzip"} & set(names) else 200], names


@pytest.mark.parametrize("around", [True, False])
@pytest.mark.parametrize("keeps", ["compression", "idempotency"])
@pytest.mark.parametrize("exc", [CommitFailed(), OSError("the quota is used up")], ids=repr)
async def test_one_response_is_sent_where_a_layer_outside_does_not_take_a_start_that_was_kept_back(
    exc: Exception, keeps: str, around: bool
) -> None:
    class Rejecting(Withholding):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def send_or_raise(message: Message) -> None:
                if message.get("status") == 200:
                    raise exc
                await send(message)

            await self.app(scope, receive, send_or_raise)

    keeping = FAMILY["compression"] if keeps == "compression" else partial(IdempotencyMiddleware, methods=["GET"])
    layers = [Middleware(Rejecting), Middleware(keeping)]
    app: Any = Armillary(routes=[Route("/large", large)], middleware=layers if around else layers[1:])
    sent = await sent_by(app if around else Rejecting(app))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 500


@pytest.mark.parametrize("path", ["/large", "/stream"])
@pytest.mark.parametrize("outer", FAMILY)
async def test_the_second_start_is_sent_as_if_it_were_the_first(outer: str, path: str) -> None:
    for names in [(outer,), *((inner, outer) for inner in FAMILY if inner != outer)]:
        expected = await responses(application(*names), "/conflict")
        assert expected[0] == 409
        assert await responses(application(*names), path) == expected, names
