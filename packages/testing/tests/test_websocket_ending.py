"""How WebSockets end that the test does not end itself: by leaving the client, by a failure of the application."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient, WebSocketClosed, WebSocketRejected

MakeClient = Callable[..., TestClient]
Record = Callable[[ASGIApp], Any]


@pytest.fixture
def record(tools: SimpleNamespace) -> Record:
    """Give an application that is called for every path a lifespan which records its steps."""
    return lambda app: tools.Recorder(root=app)


def accepting(after: Callable[[Receive, Send], Any]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await after(receive, send)

    return app


def until_disconnect(steps: list[Any]) -> ASGIApp:
    async def after(receive: Receive, send: Send) -> None:
        message = await receive()
        steps.append((message["type"], message["code"]))

    return accepting(after)


# --- leaving the client --------------------------------------------------------------------


def test_leaving_the_client_ends_an_open_session_before_the_lifespan(make_client: MakeClient, record: Record) -> None:
    steps: list[Any] = []
    app = record(until_disconnect(steps))
    app.steps = steps
    with make_client(app) as client:
        session = client.websocket_connect("/").__enter__()
    assert steps == ["startup", ("websocket.disconnect", 1000), "shutdown"]
    session.__exit__(None, None, None)
    assert len(steps) == 3


@pytest.mark.anyio
async def test_leaving_the_async_client_ends_an_open_session_before_the_lifespan(record: Record) -> None:
    steps: list[Any] = []
    app = record(until_disconnect(steps))
    app.steps = steps
    async with AsyncTestClient(app) as client:
        session = await client.websocket_connect("/").__aenter__()
    assert steps == ["startup", ("websocket.disconnect", 1000), "shutdown"]
    await session.__aexit__(None, None, None)
    assert len(steps) == 3


@pytest.mark.anyio
async def test_leaving_the_async_client_ends_an_open_conversation_before_the_lifespan(record: Record) -> None:
    async def until_http_disconnect(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        app.steps.append((await receive())["type"])

    app = record(until_http_disconnect)
    async with AsyncTestClient(app) as client:
        await client.conversation("GET", "/").__aenter__()
        await anyio.wait_all_tasks_blocked()
    assert app.steps == ["startup", "http.disconnect", "shutdown"]


async def ignore_the_disconnect(receive: Receive, send: Send) -> None:
    await anyio.sleep_forever()


def test_an_application_that_ignores_the_end_is_cancelled_before_the_lifespan_ends(
    make_client: MakeClient, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TestClient, "disconnect_grace", 0.01)

    async def after(receive: Receive, send: Send) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            app.steps.append("cancelled")

    app = record(accepting(after))
    with make_client(app) as client:
        client.websocket_connect("/").__enter__()
        client.websocket_connect("/").__enter__()
    assert app.steps == ["startup", "cancelled", "cancelled", "shutdown"]


async def fail_at_the_end(receive: Receive, send: Send) -> None:
    await receive()
    raise LookupError("a bug in the clean-up")


def test_a_failure_at_that_end_is_raised_after_every_session_and_the_lifespan_ended(
    make_client: MakeClient, record: Record
) -> None:
    app = record(accepting(fail_at_the_end))
    ended: list[Any] = []
    app.paths["other"] = until_disconnect(ended)
    with pytest.raises(LookupError, match="a bug in the clean-up"):
        with make_client(app) as client:
            for path in ("/other", "/", "/other"):
                client.websocket_connect(path).__enter__()
    assert app.steps == ["startup", "shutdown"]
    assert len(ended) == 2


@pytest.mark.anyio
async def test_a_failure_at_that_end_is_raised_by_the_async_client_too(record: Record) -> None:
    app = record(accepting(fail_at_the_end))
    ended: list[Any] = []
    app.paths["other"] = until_disconnect(ended)
    with pytest.raises(LookupError, match="a bug in the clean-up"):
        async with AsyncTestClient(app) as client:
            for path in ("/other", "/", "/other"):
                await client.websocket_connect(path).__aenter__()
    assert app.steps == ["startup", "shutdown"]
    assert len(ended) == 2


async def echo_once(receive: Receive, send: Send) -> None:
    message = await receive()
    await send({"type": "websocket.send", "text": message["text"]})


def test_a_session_opened_before_the_lifespan_outlives_it(make_client: MakeClient, record: Record) -> None:
    client = make_client(record(accepting(echo_once)))
    with client.websocket_connect("/") as session:
        with client:
            pass
        session.send_text("still here")
        assert session.receive_text() == "still here"


@pytest.mark.anyio
async def test_an_async_session_opened_before_the_lifespan_outlives_it(record: Record) -> None:
    client = AsyncTestClient(record(accepting(echo_once)))
    async with client.websocket_connect("/") as session:
        async with client:
            pass
        await session.send_text("still here")
        assert await session.receive_text() == "still here"


def test_closing_the_client_ends_open_sessions(make_client: MakeClient) -> None:
    ended: list[Any] = []
    client = make_client(lint(until_disconnect(ended)))
    client.websocket_connect("/").__enter__()
    client.close()
    assert ended == [("websocket.disconnect", 1000)]


@pytest.mark.anyio
async def test_closing_the_async_client_ends_open_sessions() -> None:
    ended: list[Any] = []
    client = AsyncTestClient(lint(until_disconnect(ended)))
    await client.websocket_connect("/").__aenter__()
    await client.aclose()
    assert ended == [("websocket.disconnect", 1000)]


# --- raise_server_exceptions=False ---------------------------------------------------------


def test_a_failure_before_the_handshake_is_a_response_500_if_it_is_not_to_be_raised(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    with pytest.raises(WebSocketRejected) as raised:
        with make_client(app, raise_server_exceptions=False).websocket_connect("/"):
            pass
    assert raised.value.response.status_code == 500


async def fail_after_a_frame(receive: Receive, send: Send) -> None:
    await send({"type": "websocket.send", "text": "before"})
    raise LookupError


def test_a_failure_after_the_handshake_is_a_close_1011_if_it_is_not_to_be_raised(make_client: MakeClient) -> None:
    client = make_client(accepting(fail_after_a_frame), raise_server_exceptions=False)
    with client.websocket_connect("/") as session:
        assert session.receive_text() == "before"
        with pytest.raises(WebSocketClosed) as raised:
            session.receive_text()
    assert raised.value.code == 1011
    with client.websocket_connect("/") as session:
        assert session.receive_text() == "before"
        assert session.receive() == {"type": "websocket.close", "code": 1011, "reason": ""}
    with client.websocket_connect("/"):
        pass  # What is not read is not raised either.


@pytest.mark.anyio
async def test_the_async_client_does_not_raise_failures_either_if_it_is_not_to() -> None:
    async def rejecting(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    with pytest.raises(WebSocketRejected, match="rejected with status 500"):
        async with AsyncTestClient(rejecting, raise_server_exceptions=False).websocket_connect("/"):
            pass
    client = AsyncTestClient(accepting(fail_after_a_frame), raise_server_exceptions=False)
    async with client.websocket_connect("/") as session:
        assert [frame async for frame in session] == ["before"]
    async with client.websocket_connect("/") as session:
        assert await session.receive_text() == "before"
        with pytest.raises(WebSocketClosed, match="1011"):
            await session.receive_text()


def test_what_the_application_sent_before_it_failed_counts(make_client: MakeClient) -> None:
    async def close_and_fail(receive: Receive, send: Send) -> None:
        await send({"type": "websocket.close", "code": 4000})
        raise LookupError

    with make_client(accepting(close_and_fail), raise_server_exceptions=False).websocket_connect("/") as session:
        with pytest.raises(WebSocketClosed, match="4000"):
            session.receive_text()

    async def reject_and_fail(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"sorry", "more_body": True})
        raise LookupError

    with pytest.raises(WebSocketRejected) as raised:
        with make_client(reject_and_fail, raise_server_exceptions=False).websocket_connect("/"):
            pass
    assert (raised.value.response.status_code, raised.value.response.text) == (503, "sorry")
