"""Every middleware of ours around every framework: requests, bodies, streams, WebSockets and lifespans pass.

The middleware are those of `public_middleware`.
"""

from __future__ import annotations

from typing import Any

import pytest
from programs import PROGRAMS, Boom, Program, seen
from public_middleware import MIDDLEWARE, around, passing

from armillary.http import PlainTextResponse
from armillary.lint import LintError, lint
from armillary.middleware import DispatchMiddleware, MessageHooks
from armillary.testing import TestClient


@pytest.fixture(params=sorted(MIDDLEWARE))
def wrapped(request: pytest.FixtureRequest, program: Program) -> Any:
    return around(request.param, program.app)


def drive(app: Any, program: Program) -> TestClient:
    """Return a client that checks messages against the specification, if the framework conforms to it."""
    return TestClient(app, base_url="https://testserver", lint=program.objection is None)


def test_lint_finds_what_violates_the_specification(program: Program) -> None:
    with TestClient(program.app, lint=True) as client:
        if program.objection is None:
            assert client.get("/hello").text == "hello"
            assert client.get("/stream").text == "abc"
            assert client.post("/echo", content=b"x").text == "x"
        else:
            with pytest.raises(LintError, match=program.objection):
                client.get("/hello")


def test_requests_bodies_and_streams_pass(wrapped: Any, program: Program) -> None:
    with drive(wrapped, program) as client:
        assert client.get("/hello").text == "hello"
        body = bytes(range(256)) * 400
        sent = client.post("/echo", content=body, headers={"origin": "https://testserver"})
        assert (sent.status_code, sent.content) == (200, body)
        with client.stream("GET", "/stream") as response:
            assert b"".join(response.iter_bytes()) == b"abc"
        assert client.get("/nowhere").status_code == 404


def test_websockets_pass(wrapped: Any, program: Program) -> None:
    if not program.websockets:
        with drive(wrapped, program) as client, pytest.raises(ValueError, match="Django can only handle ASGI/HTTP"):
            client.websocket_connect("/ws").__enter__()
        return
    with drive(wrapped, program) as client, client.websocket_connect("/ws") as websocket:
        for word in ("one", "two"):
            websocket.send_text(word)
            assert websocket.receive_text() == word


def test_the_lifespan_passes(wrapped: Any, program: Program) -> None:
    with drive(wrapped, program):
        if program.events is not None:
            assert program.events == ["startup"]
    if program.events is not None:
        assert program.events == ["startup", "shutdown"]


def test_an_exception_keeps_its_identity_or_becomes_the_frameworks_response(wrapped: Any, program: Program) -> None:
    with drive(wrapped, program) as client:
        if program.raises:
            with pytest.raises(Boom):
                client.get("/boom")
        else:
            assert client.get("/boom").status_code == 500


# --- all of them at once ---------------------------------------------------------------------


def test_they_stack(program: Program) -> None:
    app = program.app
    for name in sorted(MIDDLEWARE):
        app = around(name, app)
        app = lint(app) if program.objection is None else app
    with drive(app, program) as client:
        assert client.get("/hello").text == "hello"
        assert client.post("/echo", content=b"x" * 5000, headers={"origin": "https://testserver"}).text == "x" * 5000
        assert client.get("/stream").text == "abc"


# --- dispatch and message hooks --------------------------------------------------------------


def test_dispatch_sees_the_response_and_changes_it(program: Program) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        response.headers["x-seen"] = f"{request.method} {response.status_code}"
        return response

    with drive(DispatchMiddleware(program.app, dispatch), program) as client:
        assert client.get("/hello").headers["x-seen"] == "GET 200"
        assert client.get("/stream").headers["x-seen"] == "GET 200"
        assert client.get("/nowhere").headers["x-seen"] == "GET 404"


def test_a_body_that_dispatch_has_read_is_read_again_by_the_framework(program: Program) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        length = len(await request.body())
        response = await call_next(request)
        response.headers["x-length"] = str(length)
        return response

    with drive(DispatchMiddleware(program.app, dispatch), program) as client:
        response = client.post("/echo", content=b"0123456789" * 20_000)
        assert response.headers["x-length"] == "200000"
        assert response.content == b"0123456789" * 20_000


def test_context_flows_into_the_framework(program: Program) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        seen.set("set outside")
        return await call_next(request)

    with drive(DispatchMiddleware(program.app, dispatch), program) as client:
        assert client.get("/context").text == "set outside"


def test_dispatch_responds_without_the_framework(program: Program) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        return PlainTextResponse("closed", 503)

    with drive(DispatchMiddleware(program.app, dispatch), program) as client:
        assert (client.get("/hello").status_code, client.get("/hello").text) == (503, "closed")


def test_dispatch_changes_a_stream_part_by_part(program: Program) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        response = await call_next(request)
        before = response.body_iterator

        async def louder() -> Any:
            async for part in before:
                yield part.upper()

        response.body_iterator = louder()
        return response

    with drive(DispatchMiddleware(program.app, dispatch), program) as client:
        assert client.get("/stream").text == "ABC"


def test_dispatch_five_deep_keeps_streams_and_sockets(program: Program) -> None:
    app = program.app
    for _ in range(5):
        app = DispatchMiddleware(app, passing)
    with drive(app, program) as client:
        assert client.get("/stream").text == "abc"
        if program.websockets:
            with client.websocket_connect("/ws") as websocket:
                websocket.send_text("deep")
                assert websocket.receive_text() == "deep"


def test_hooks_see_the_messages_of_the_framework(program: Program) -> None:
    recorded: list[Any] = []

    class RecordingHooks(MessageHooks):
        def on_request(self, scope: Any) -> None:
            recorded.append(scope["path"])

        def on_response_start(self, scope: Any, message: Any) -> None:
            recorded.append(message["status"])
            message["headers"] = [*message["headers"], (b"x-hooked", b"yes")]

        def on_body(self, scope: Any, message: Any) -> None:
            recorded.append(message.get("body", b""))

    with drive(RecordingHooks(program.app), program) as client:
        assert client.get("/stream").headers["x-hooked"] == "yes"
    assert recorded[:2] == ["/stream", 200]
    assert b"".join(recorded[2:]) == b"abc"


@pytest.mark.parametrize("name", ["bare", "fastapi", "litestar"])
def test_dispatch_and_hooks_work_on_trio_if_the_framework_does(name: str) -> None:
    async def dispatch(request: Any, call_next: Any) -> Any:
        length = len(await request.body())
        response = await call_next(request)
        response.headers["x-length"] = str(length)
        return response

    class Hooked(MessageHooks):
        def on_response_start(self, scope: Any, message: Any) -> None:
            message["headers"] = [*message["headers"], (b"x-hooked", b"yes")]

    app = Hooked(DispatchMiddleware(PROGRAMS[name]().app, dispatch))
    with TestClient(app, base_url="https://testserver", backend="trio") as client:
        sent = client.post("/echo", content=b"0123456789" * 20_000)
        assert (sent.content, sent.headers["x-length"]) == (b"0123456789" * 20_000, "200000")
        streamed = client.get("/stream")
        assert (streamed.text, streamed.headers["x-hooked"]) == ("abc", "yes")
        with client.websocket_connect("/ws") as websocket:
            websocket.send_text("deep")
            assert websocket.receive_text() == "deep"
