"""The client on the caller's own event loop."""

from __future__ import annotations

import io
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from armillary.asgi_types import ClientDisconnect, Receive, Scope, Send
from armillary.lint import lint
from armillary.testing import ApplicationTimeout, AsyncTestClient

pytestmark = pytest.mark.anyio
caller: ContextVar[str] = ContextVar("caller")


async def test_the_application_shares_loop_and_context_with_the_test(tools: SimpleNamespace) -> None:
    lock = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await lock.wait()
        await tools.respond(send, caller.get().encode())

    caller.set("the test")
    texts: list[str] = []
    client = AsyncTestClient(lint(app))

    async def fetch() -> None:
        texts.append((await client.get("/")).text)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fetch)
        await anyio.wait_all_tasks_blocked()
        lock.set()
    assert texts == ["the test"]


async def test_a_stream_is_read_while_the_application_writes_it() -> None:
    written: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            written.append(number)
            await send({"type": "http.response.body", "body": str(number).encode(), "more_body": True})
        await send({"type": "http.response.body"})

    async with AsyncTestClient(lint(app)).stream("GET", "/") as response:
        parts = response.aiter_raw()
        assert await anext(parts) == b"0"
        assert 2 not in written
        assert [part async for part in parts] == [b"1", b"2"]


async def test_an_async_upload_goes_part_by_part(tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, repr(await tools.read_body(receive)).encode())

    async def parts() -> Any:
        for part in (b"a", b"b"):
            await anyio.lowlevel.checkpoint()
            yield part

    client = AsyncTestClient(lint(app))
    assert (await client.post("/", content=parts())).text == "[b'a', b'b', b'']"
    assert (await client.post("/", data={"a": "1"})).text == "[b'a=1']"
    multipart = (await client.post("/", files={"a": io.BytesIO(b"content of a file")})).text
    assert "filename" in multipart
    assert "content of a file" in multipart


async def test_what_the_application_raises_keeps_its_identity() -> None:
    failure = RuntimeError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise failure

    with pytest.raises(RuntimeError) as raised:
        await AsyncTestClient(app).get("/")
    assert raised.value is failure
    client = AsyncTestClient(app, raise_server_exceptions=False)
    assert (await client.get("/")).status_code == 500


async def test_a_cancelled_request_disconnects_the_application() -> None:
    ended = anyio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        ended.set()

    with anyio.move_on_after(0.05) as deadline:
        await AsyncTestClient(lint(app), timeout=None).get("/")
    assert deadline.cancelled_caught
    with anyio.fail_after(5):
        await ended.wait()


async def test_redirects_cookies_and_trailers_work_as_in_the_sync_client(tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/":
            await tools.respond(send, status=302, headers=[("location", "/end"), ("set-cookie", "a=1")])
            return
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": dict(scope["headers"])[b"cookie"]})
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]})

    response = await AsyncTestClient(lint(app)).get("/")
    assert response.text == "a=1"
    assert response.extensions["http.response.trailers"] == [(b"x-sum", b"1")]


async def test_leaving_the_client_ends_a_response_left_open(tools: SimpleNamespace) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        seen.append((await receive())["type"])

    async with AsyncTestClient(tools.Recorder(root=app)) as client:
        await client.send(client.build_request("GET", "/"), stream=True)
    assert seen == ["http.disconnect"]


# --- the time limit of each wait -----------------------------------------------------------


async def wait_for_a_lock() -> None:
    await anyio.sleep_forever()


async def test_a_time_limit_says_where_the_application_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AsyncTestClient, "disconnect_grace", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await wait_for_a_lock()

    sentence = (
        r"no http.response.start within 0.05 seconds: the application is waiting for something of its own, "
        r"at .*test_async_client.py:\d+ in wait_for_a_lock"
    )
    with pytest.raises(ApplicationTimeout, match=sentence):
        await AsyncTestClient(app).get("/", timeout=0.05)


async def test_a_time_limit_names_the_message_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AsyncTestClient, "disconnect_grace", 0.01)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await receive()

    with pytest.raises(ApplicationTimeout, match=r"waiting in receive\(\) for http.disconnect, at .* in app"):
        await AsyncTestClient(lint(app), timeout=0.05).get("/")


async def test_a_time_limit_restarts_for_each_part_of_a_body() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(4):
            await anyio.sleep(0.2)
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body"})

    assert (await AsyncTestClient(lint(app)).get("/", timeout=0.6)).text == "xxxx"


async def test_a_time_limit_on_a_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await receive()

    async with AsyncTestClient(lint(app), timeout=0.05).websocket_connect("/") as session:
        with pytest.raises(ApplicationTimeout, match=r"no message within .* receive\(\) for a WebSocket message"):
            await session.receive_text()


# --- a request step by step ----------------------------------------------------------------


async def test_a_disconnect_before_the_body_reaches_receive() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((await receive())["type"])

    async with AsyncTestClient(lint(app)).conversation("POST", "/", feed=True) as conversation:
        await conversation.disconnect()
        await conversation.finished()
    assert seen == ["http.disconnect"]


async def test_a_disconnect_during_the_body_reaches_receive() -> None:
    seen: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "http.request":
            seen.append(message["body"])
        raise ClientDisconnect

    async with AsyncTestClient(lint(app)).conversation("POST", "/", feed=True) as conversation:
        await conversation.send_body(b"half")
        await anyio.wait_all_tasks_blocked()
        await conversation.disconnect()
        await conversation.finished()
    assert seen == [b"half"]


async def test_a_disconnect_before_the_response_makes_send_raise(tools: SimpleNamespace) -> None:
    ready = anyio.Event()
    errors: list[OSError] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await ready.wait()
        try:
            await tools.respond(send, b"late")
        except OSError as error:
            errors.append(error)
            raise RuntimeError("wrapped by the application") from error

    async with AsyncTestClient(lint(app)).conversation("GET", "/") as conversation:
        await conversation.disconnect()
        ready.set()
        await conversation.finished()
    assert len(errors) == 1


async def test_a_disconnect_during_the_response_reaches_the_application() -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-a", b"1")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        seen.append((await receive())["type"])

    async with AsyncTestClient(lint(app)).conversation("GET", "/") as conversation:
        response = await conversation.start()
        assert (response.status_code, response.headers["x-a"]) == (200, "1")
        assert await conversation.read() == b"one"
        await conversation.disconnect()
        await conversation.finished()
    assert seen == ["http.disconnect"]


async def test_an_error_that_no_disconnect_explains_is_raised() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        raise LookupError("a bug in the clean-up")

    with pytest.raises(LookupError, match="a bug in the clean-up"):
        async with AsyncTestClient(app).conversation("POST", "/", feed=True) as conversation:
            await conversation.disconnect()
            await conversation.finished()


async def test_a_whole_request_step_by_step(tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": [b"</a>; rel=preload"]})
        await send({"type": "http.response.debug", "info": {"a": 1}})
        parts = await tools.read_body(receive)
        await tools.respond(send, b"".join(parts))

    async with AsyncTestClient(lint(app)).conversation("POST", "/", feed=True) as conversation:
        await anyio.wait_all_tasks_blocked()
        assert conversation.early_hints == [b"</a>; rel=preload"]
        assert conversation.debug == {"a": 1}
        await conversation.send_body(b"a")
        await conversation.send_body(b"b", more=False)
        with pytest.raises(RuntimeError, match="its last part was sent"):
            await conversation.send_body(b"c")
        assert (await conversation.start()).status_code == 200
        assert await conversation.read() == b"ab"
        assert await conversation.read() is None


async def test_a_body_given_whole_cannot_be_fed(tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send)

    async with AsyncTestClient(lint(app)).conversation("POST", "/", content=b"a") as conversation:
        with pytest.raises(RuntimeError, match="with feed=True"):
            await conversation.send_body(b"b")
