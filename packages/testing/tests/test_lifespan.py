"""The application's lifespan around a client's `with`."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import anyio
import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.lint import lint
from armillary.testing import AsyncTestClient, TestClient

MakeClient = Callable[..., TestClient]


@pytest.fixture
def app(tools: SimpleNamespace) -> SimpleNamespace:
    async def show_state(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, repr(scope["state"]).encode())
        scope["state"]["request"] = "only"

    recorder: SimpleNamespace = tools.Recorder(root=show_state)
    return recorder


def test_lifespan_runs_around_with_and_its_state_reaches_each_request(make_client: MakeClient, app: object) -> None:
    client = make_client(lint(app))  # type: ignore[arg-type]
    assert client.get("/").text == "{}"
    with client:
        assert app.steps == ["startup"]  # type: ignore[attr-defined]
        assert client.get("/").text == "{'database': 'open'}"
        assert client.get("/").text == "{'database': 'open'}"
        assert client.app_state == {"database": "open"}
    assert app.steps == ["startup", "shutdown"]  # type: ignore[attr-defined]
    assert client.get("/").text == "{}"
    with client:
        assert client.get("/").status_code == 200


@pytest.mark.anyio
async def test_lifespan_runs_around_async_with(app: SimpleNamespace) -> None:
    client = AsyncTestClient(lint(app))  # type: ignore[arg-type]
    assert (await client.get("/")).text == "{}"
    async with client:
        assert app.steps == ["startup"]
        assert (await client.get("/")).text == "{'database': 'open'}"
    assert app.steps == ["startup", "shutdown"]
    async with client:
        assert (await client.get("/")).status_code == 200


def test_lifespan_is_left_out_on_request(make_client: MakeClient, app: SimpleNamespace) -> None:
    with make_client(app, lifespan="off"):
        pass
    assert app.steps == []


async def http_only(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http", "HTTP only"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def test_an_application_that_knows_no_lifespan_works_as_it_does_when_served(make_client: MakeClient) -> None:
    with make_client(http_only) as client:
        assert client.get("/").text == "ok"
    with pytest.raises(AssertionError, match="HTTP only"):
        with make_client(http_only, lifespan="on"):
            pass


@pytest.mark.anyio
async def test_an_async_client_too_goes_on_without_lifespan() -> None:
    async with AsyncTestClient(http_only) as client:
        assert (await client.get("/")).text == "ok"


@pytest.mark.parametrize("event", ["startup", "shutdown"])
def test_a_failure_that_is_raised_keeps_its_identity(make_client: MakeClient, event: str) -> None:
    failure = RuntimeError("no database")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if event == "shutdown":
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": f"lifespan.{event}.failed", "message": "logged"})
        raise failure

    with pytest.raises(RuntimeError) as raised:
        with make_client(lint(app)):
            pass
    assert raised.value is failure


@pytest.mark.parametrize("event", ["startup", "shutdown"])
def test_a_failure_that_is_only_sent_is_raised_with_its_message(make_client: MakeClient, event: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if event == "shutdown":
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": f"lifespan.{event}.failed", "message": "no database"})

    with pytest.raises(RuntimeError, match=rf"sent lifespan.{event}.failed: no database"):
        with make_client(lint(app)):
            pass


def test_an_error_of_the_test_keeps_its_identity_and_lifespan_still_ends(
    make_client: MakeClient, app: SimpleNamespace
) -> None:
    failure = KeyError("mine")
    with pytest.raises(KeyError) as raised:
        with make_client(app):
            raise failure
    assert raised.value is failure
    assert app.steps == ["startup", "shutdown"]


@pytest.mark.anyio
async def test_an_error_of_an_async_test_keeps_its_identity(app: SimpleNamespace) -> None:
    failure = KeyError("mine")
    with pytest.raises(KeyError) as raised:
        async with AsyncTestClient(app):  # type: ignore[arg-type]
            raise failure
    assert raised.value is failure
    assert app.steps == ["startup", "shutdown"]


@pytest.mark.anyio
async def test_setup_and_teardown_may_be_in_different_tasks(app: SimpleNamespace) -> None:
    client = AsyncTestClient(app)  # type: ignore[arg-type]

    async def enter() -> None:
        await client.__aenter__()

    async def leave() -> None:
        await client.__aexit__()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(enter)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(leave)
    assert app.steps == ["startup", "shutdown"]


def test_entering_twice_is_an_error(make_client: MakeClient, app: SimpleNamespace) -> None:
    with make_client(app) as client:
        with pytest.raises(RuntimeError, match="already inside 'with'"):
            client.__enter__()


def test_a_start_up_that_hangs_is_reported(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await anyio.sleep_forever()

    with pytest.raises(TimeoutError, match=r"no lifespan.startup.complete within 0.05 seconds: .* in app"):
        with make_client(app, timeout=0.05):
            pass


@pytest.mark.anyio
async def test_a_client_that_is_cancelled_while_it_leaves_ends_the_application() -> None:
    ended: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(f"{scope['type']} {scope.get('path', '')}")

    class Client(AsyncTestClient):
        disconnect_grace = 0.01

    with anyio.CancelScope() as cancelled:
        async with Client(app) as client:
            for path in ("/a", "/b"):
                await client.send(client.build_request("GET", path), stream=True)
            cancelled.cancel()
    with anyio.move_on_after(5):
        while len(ended) < 3:
            await anyio.sleep(0.01)
    assert sorted(ended) == ["http /a", "http /b", "lifespan "]
