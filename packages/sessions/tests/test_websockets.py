"""Sessions of WebSockets: with the handshake, later, at the end, and too late."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from armillary.sessions import (
    MemoryStore,
    ServerSession,
    ServerSessionMiddleware,
    SessionMiddleware,
    SessionNotSaved,
)

pytestmark = pytest.mark.anyio

KEY = "a-secret-key-of-32-characters-..."
Connect = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def connect() -> Connect:
    """Run an application for one WebSocket; return what it sent."""

    async def run(app: Any, cookies: dict[str, str] | None = None) -> list[Any]:
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        value = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        headers = [(b"cookie", value.encode())] if value else []
        await app({"type": "websocket", "path": "/", "headers": headers}, receive, send)
        return sent

    return run


def socket_doing(before: Any = None, after: Any = None, opening: str = "websocket.accept") -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["session"].setdefault("cart", [])
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(dict(scope["session"])).encode()})
            return
        if before is not None:
            before(scope["session"])
        await send({"type": opening})
        if after is not None:
            result = after(scope["session"])
            if hasattr(result, "__await__"):
                await result

    return app


def set_cookies(sent: list[Any]) -> list[bytes]:
    return [value for name, value in sent[0].get("headers", []) if name == b"set-cookie"]


def add(session: Any) -> None:
    session["cart"] = [1]


def append(session: Any) -> None:
    session["cart"].append(2)


@pytest.mark.parametrize("opening", ["websocket.accept", "websocket.http.response.start"])
@pytest.mark.parametrize("on_server", [True, False])
async def test_a_change_before_the_accept_goes_with_the_handshake(
    connect: Connect, browser: Any, on_server: bool, opening: str
) -> None:
    app = socket_doing(before=add, opening=opening)
    client = browser(ServerSessionMiddleware(app, MemoryStore()) if on_server else SessionMiddleware(app, KEY))
    (cookie,) = set_cookies(await connect(client.app))
    client.cookies = {"session": cookie.decode().removeprefix("session=").partition(";")[0]}
    assert (await client.get("/")).body == b"{'cart': [1]}"


@pytest.mark.parametrize("change", [add, append])
async def test_a_change_of_a_signed_session_after_the_accept_is_an_error_that_says_so(
    connect: Connect, browser: Any, change: Any
) -> None:
    client = browser(SessionMiddleware(socket_doing(after=change), KEY))
    await client.get("/")
    with pytest.raises(SessionNotSaved, match="went with the handshake of this WebSocket; change it before the accept"):
        await connect(client.app, client.cookies)


async def test_reading_a_signed_session_after_the_accept_is_no_error(connect: Connect, browser: Any) -> None:
    client = browser(SessionMiddleware(socket_doing(after=lambda session: session["cart"]), KEY))
    await client.get("/")
    assert [message["type"] for message in await connect(client.app, client.cookies)] == ["websocket.accept"]


async def test_a_change_of_a_signed_session_before_a_close_is_an_error_that_says_so(connect: Connect) -> None:
    with pytest.raises(SessionNotSaved, match="reject it with a response"):
        await connect(SessionMiddleware(socket_doing(before=add, opening="websocket.close"), KEY))


async def test_a_server_session_is_saved_when_the_websocket_ends(connect: Connect, browser: Any) -> None:
    client = browser(ServerSessionMiddleware(socket_doing(after=append), MemoryStore()))
    await client.get("/")
    await connect(client.app, client.cookies)
    assert (await client.get("/")).body == b"{'cart': [2]}"


async def test_a_server_session_is_saved_when_the_client_disconnects(connect: Connect, browser: Any) -> None:
    def append_and_disconnect(session: Any) -> None:
        append(session)
        raise ConnectionResetError

    client = browser(ServerSessionMiddleware(socket_doing(after=append_and_disconnect), MemoryStore()))
    await client.get("/")
    with pytest.raises(ConnectionResetError):
        await connect(client.app, client.cookies)
    assert (await client.get("/")).body == b"{'cart': [2]}"


async def test_a_server_session_is_saved_at_once_on_request(connect: Connect, browser: Any) -> None:
    seen: list[bytes] = []

    async def save_twice(session: Any) -> None:
        for number in (1, 2):
            session["cart"].append(number)
            assert await session.save()
            seen.append((await client.get("/")).body)
        client.app.store._sessions.clear()
        session["cart"].append(3)
        assert not await session.save()

    client = browser(ServerSessionMiddleware(socket_doing(after=save_twice), MemoryStore()))
    await client.get("/")
    await connect(client.app, client.cookies)
    assert seen == [b"{'cart': [1]}", b"{'cart': [1, 2]}"]


@pytest.mark.parametrize(("change", "what"), [(add, "began"), (ServerSession.rotate, "was rotated")])
async def test_a_new_id_after_the_accept_is_an_error_that_says_so(
    connect: Connect, browser: Any, change: Any, what: str
) -> None:
    client = browser(ServerSessionMiddleware(socket_doing(after=change), MemoryStore()))
    if what == "was rotated":
        await client.get("/")
    with pytest.raises(SessionNotSaved, match=f"the session {what} after the response or handshake had started"):
        await connect(client.app, client.cookies)


async def test_a_session_ended_by_a_websocket_is_deleted(connect: Connect, browser: Any) -> None:
    client = browser(ServerSessionMiddleware(socket_doing(after=ServerSession.destroy), MemoryStore()))
    await client.get("/")
    await connect(client.app, client.cookies)
    assert client.app.store._sessions == {}


async def test_a_session_saved_before_the_response_still_sets_its_cookie(browser: Any, app_doing: Any) -> None:
    async def act(session: Any, path: str) -> object:
        if path == "/save":
            session["a"] = 1
            await session.save()
        return dict(session.items())

    client = browser(ServerSessionMiddleware(app_doing(act), MemoryStore()))
    await client.get("/save")
    assert (await client.get("/")).body == b"{'a': 1}"


async def test_a_session_of_no_request_cannot_be_saved() -> None:
    with pytest.raises(RuntimeError, match="not one of a request"):
        await ServerSession().save()
