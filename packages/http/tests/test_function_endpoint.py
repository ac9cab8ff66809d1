"""Functions of a request as applications: which of them may still respond."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.http import (
    FileResponse,
    HTTPEndpoint,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
    request_response,
)

pytestmark = pytest.mark.anyio


class Foreign:
    """A response that is not from this package."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def parts() -> Any:
    yield b"nothing here"


async def nothing() -> None: ...


RESPONSES = {
    "stream": lambda: StreamingResponse(parts(), 404),
    "file": lambda: FileResponse(Path(__file__), 404),
    "background": lambda: PlainTextResponse("", 404, background=nothing),
    "foreign": Foreign,
}


@request_response
async def rejecting(request: Request) -> Response:
    raise HTTPException(409, "taken")


@pytest.mark.parametrize("kind", RESPONSES)
async def test_a_discarded_response_lets_the_next_application_respond(exchange: Any, kind: str) -> None:
    @request_response
    async def first(request: Request) -> Any:
        return RESPONSES[kind]()

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        thrown_away: list[Any] = []

        async def keep(message: Any) -> None:
            thrown_away.append(message)

        await first(scope, receive, keep)
        assert thrown_away[0]["status"] == 404
        await rejecting(scope, receive, send)

    one = await exchange().run(cascade)
    assert (one.status, one.sentence) == (409, "taken")


@pytest.mark.parametrize("kind", RESPONSES)
async def test_an_exception_after_the_start_is_raised_on(exchange: Any, kind: str) -> None:
    error = HTTPException(409, "too late")

    async def failing() -> Any:
        yield b"a"
        raise error

    async def failing_work() -> None:
        raise error

    async def other(message: Any) -> None: ...

    class FailingForeign(Foreign):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await super().__call__(scope, receive, send)
            raise error

    @request_response
    async def endpoint(request: Request) -> Any:
        # What is sent on another channel meanwhile does not matter for this one.
        await request_response(sub)(request.scope, request.receive, other)
        if kind == "stream":
            return StreamingResponse(failing())
        if kind == "foreign":
            return FailingForeign()
        if kind == "file":
            return FileResponse(Path(__file__), background=failing_work)
        return PlainTextResponse("", background=failing_work)

    async def sub(request: Request) -> Any:
        return StreamingResponse(parts())

    one = exchange()
    with pytest.raises(HTTPException) as caught:
        await one.run(endpoint)
    assert caught.value is error
    assert one.kinds.count("http.response.start") == 1


class Page(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return PlainTextResponse(repr(request.scope["endpoint"]))


async def show_endpoint(request: Request) -> Response:
    return PlainTextResponse(repr(request.scope["endpoint"]))


def show_endpoint_in_a_thread(request: Request) -> Response:
    return PlainTextResponse(repr(request.scope["endpoint"]))


show_endpoint.reads_scope_endpoint = True  # type: ignore[attr-defined]
show_endpoint_in_a_thread.reads_scope_endpoint = True  # type: ignore[attr-defined]


@pytest.mark.parametrize("endpoint", [show_endpoint, partial(show_endpoint), show_endpoint_in_a_thread, Page])
async def test_without_a_router_the_scope_names_an_endpoint_that_reads_it_and_a_routers_is_kept(endpoint: Any) -> None:
    app = endpoint if endpoint is Page else request_response(endpoint)
    for given, expected in (({}, endpoint), ({"endpoint": "the route's"}, "the route's")):
        sent: list[Any] = []

        async def send(message: Any, sent: list[Any] = sent) -> None:
            sent.append(message)

        await app({"type": "http", "method": "GET", "path": "/", "headers": [], **given}, None, send)
        assert sent[1]["body"].decode() == repr(expected)
