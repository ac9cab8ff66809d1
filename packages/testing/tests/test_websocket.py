"""WebSocket sessions of both clients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient, WebSocketClosed, WebSocketRejected

MakeClient = Callable[..., TestClient]


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send every frame back until the peer goes or asks for a close."""
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await receive()
    subprotocols = scope["subprotocols"]
    await send(
        {
            "type": "websocket.accept",
            "subprotocol": subprotocols[-1] if subprotocols else None,
            "headers": [(b"x-path", scope["path"].encode())],
        }
    )
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("text") == "close":
            await send({"type": "websocket.close", "code": 4001, "reason": "asked to"})
            return
        await send({**message, "type": "websocket.send"})


def test_frames_of_each_kind_go_both_ways(make_client: MakeClient) -> None:
    with make_client(lint(echo)).websocket_connect("/chat", subprotocols=["a", "b"]) as session:
        assert session.accepted_subprotocol == "b"
        assert session.extra_headers == [(b"x-path", b"/chat")]
        session.send_text("hé")
        assert session.receive_text() == "hé"
        session.send_bytes(b"\0")
        assert session.receive_bytes() == b"\0"
        session.send_json({"a": [1]})
        assert session.receive_json() == {"a": [1]}
        session.send_json({"a": [1]}, mode="binary")
        assert session.receive_json(mode="binary") == {"a": [1]}


@pytest.mark.anyio
async def test_frames_of_each_kind_go_both_ways_on_the_callers_loop() -> None:
    async with AsyncTestClient(lint(echo)).websocket_connect("/chat", subprotocols=["a", "b"]) as session:
        assert session.accepted_subprotocol == "b"
        assert session.extra_headers == [(b"x-path", b"/chat")]
        await session.send_text("hé")
        assert await session.receive_text() == "hé"
        await session.send_bytes(b"\0")
        assert await session.receive_bytes() == b"\0"
        await session.send_json({"a": [1]}, mode="binary")
        assert await session.receive_json(mode="binary") == {"a": [1]}
        await session.send_text("one")
        await session.send_bytes(b"two")
        await session.send_text("close")
        assert [frame async for frame in session] == ["one", b"two"]


def test_a_close_by_the_application_raises_its_code_and_reason(make_client: MakeClient) -> None:
    with make_client(lint(echo)).websocket_connect("/") as session:
        session.send_text("close")
        with pytest.raises(WebSocketClosed) as raised:
            session.receive_text()
    assert (raised.value.code, raised.value.reason) == (4001, "asked to")


def test_a_rejected_handshake_raises_on_entering(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1008})

    with pytest.raises(WebSocketClosed) as raised:
        with make_client(lint(app)).websocket_connect("/"):
            pass
    assert raised.value.code == 1008


async def reject(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    start = {"type": "websocket.http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Basic")]}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": b"log ", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"in"})


def test_a_denial_response_raises_its_response(make_client: MakeClient) -> None:
    with pytest.raises(WebSocketRejected) as raised:
        with make_client(lint(reject)).websocket_connect("/"):
            pass
    response = raised.value.response
    assert (response.status_code, response.text) == (401, "log in")
    assert response.headers["www-authenticate"] == "Basic"


@pytest.mark.anyio
async def test_a_denial_response_raises_its_response_on_the_callers_loop() -> None:
    with pytest.raises(WebSocketRejected, match="rejected with status 401"):
        async with AsyncTestClient(lint(reject)).websocket_connect("/"):
            pass


def test_what_the_application_raises_is_raised_here(make_client: MakeClient) -> None:
    failure = RuntimeError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise failure

    with pytest.raises(RuntimeError) as raised:
        with make_client(app).websocket_connect("/") as session:
            session.receive()
    assert raised.value is failure


def test_an_application_that_returns_without_closing_is_an_abnormal_closure(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    with make_client(lint(app)).websocket_connect("/") as session:
        with pytest.raises(WebSocketClosed, match="1006: the application returned without closing"):
            session.receive_text()


@pytest.mark.parametrize("how", ["close", "leave", "disconnect"])
def test_the_application_receives_how_the_client_closed(make_client: MakeClient, how: str) -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        seen.append((message["code"], message["reason"]))
        try:
            await send({"type": "websocket.send", "text": "late"})
        except OSError:
            seen.append("rejected")

    with make_client(lint(app)).websocket_connect("/") as session:
        if how == "close":
            session.close(3001, "bye")
        elif how == "disconnect":
            session.disconnect()
    assert seen == {"close": [(3001, "bye")], "leave": [(1000, "")], "disconnect": [(1006, ""), "rejected"]}[how]


def test_the_handshake_is_a_request_of_the_client(make_client: MakeClient) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)
        await send({"type": "websocket.close"})

    client = make_client(lint(app), "https://example.org/api", headers={"x-a": "1"}, cookies={"c": "2"})
    with pytest.raises(WebSocketClosed):
        with client.websocket_connect("/ws", params={"q": "1"}, headers={"x-b": "3"}):
            pass
    headers = dict(seen["headers"])
    assert (seen["scheme"], seen["path"], seen["query_string"]) == ("wss", "/api/ws", b"q=1")
    assert (headers[b"x-a"], headers[b"x-b"], headers[b"cookie"]) == (b"1", b"3", b"c=2")
    assert headers[b"connection"] == b"upgrade"
    assert headers[b"sec-websocket-version"] == b"13"


@pytest.mark.anyio
async def test_many_sessions_are_open_at_once() -> None:
    finished: list[int] = []
    async with AsyncTestClient(lint(echo)) as client:

        async def talk(number: int) -> None:
            async with client.websocket_connect(f"/{number}") as session:
                for turn in range(3):
                    await session.send_text(f"{number}.{turn}")
                    assert await session.receive_text() == f"{number}.{turn}"
                await session.send_text("close")
                assert [frame async for frame in session] == []
                finished.append(number)

        async with anyio.create_task_group() as tasks:
            for number in range(50):
                tasks.start_soon(talk, number)
    assert sorted(finished) == list(range(50))


@pytest.mark.anyio
async def test_a_session_on_the_callers_loop_may_be_driven_from_two_tasks() -> None:
    async with AsyncTestClient(lint(echo)).websocket_connect("/") as session:

        async def speak() -> None:
            for number in range(5):
                await session.send_json(number)
            await session.send_text("close")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(speak)
            assert [frame async for frame in session] == ["0", "1", "2", "3", "4"]


def test_misuse_of_a_session_is_named(make_client: MakeClient) -> None:
    client = make_client(echo)
    session = client.websocket_connect("/")
    with pytest.raises(RuntimeError, match="not connected; use it inside 'with'"):
        session.send_text("a")
    with session:
        with pytest.raises(ValueError, match="mode is 'xml'"):
            session.send_json({}, mode="xml")
    with pytest.raises(RuntimeError, match="already used"):
        session.__enter__()
    with pytest.raises(TypeError, match="pass a list of names"):
        client.websocket_connect("/", subprotocols="chat")


# --- the time limit of one receive ---------------------------------------------------------

RECEIVING = ["receive", "receive_text", "receive_bytes", "receive_json"]


@pytest.mark.parametrize("method", RECEIVING)
def test_one_receive_may_have_a_time_limit_of_its_own(make_client: MakeClient, method: str) -> None:
    with make_client(lint(echo)).websocket_connect("/") as session:
        sentence = r"no message within 0.02 seconds: the application is waiting in receive\(\) for a WebSocket message"
        with pytest.raises(TimeoutError, match=sentence):
            getattr(session, method)(timeout=0.02)
        session.send_text("1")
        assert session.receive_text(timeout=5) == "1"


@pytest.mark.anyio
@pytest.mark.parametrize("method", RECEIVING)
async def test_one_receive_of_an_async_session_may_have_a_time_limit_of_its_own(method: str) -> None:
    async with AsyncTestClient(lint(echo)).websocket_connect("/") as session:
        with pytest.raises(TimeoutError, match=r"no message within 0.02 seconds: the application is waiting in"):
            await getattr(session, method)(timeout=0.02)
        await session.send_text("1")
        assert await session.receive_json(timeout=5) == 1


@pytest.mark.anyio
async def test_the_limit_of_one_receive_wins_over_that_of_the_client() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for _ in range(2):
            await anyio.sleep(0.1)
            await send({"type": "websocket.send", "text": "late"})
        await receive()

    async with AsyncTestClient(lint(slow), timeout=0.02).websocket_connect("/") as session:
        assert await session.receive_text(timeout=5) == "late"
        assert await session.receive_text(timeout=math.inf) == "late"


@pytest.mark.parametrize("timeout", [-1, math.nan, "1"])
def test_a_time_limit_that_is_none_is_an_error(make_client: MakeClient, timeout: Any) -> None:
    with make_client(lint(echo)).websocket_connect("/") as session:
        with pytest.raises((TypeError, ValueError), match=r"timeout is .*; pass seconds, 0 or more"):
            session.receive(timeout=timeout)
