"""Origins of handshakes: the middleware around an application, and the check when a handler accepts."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from armillary.exchange import OriginPolicy
from armillary.websockets import OriginMiddleware, WebSocket, WebSocketEndpoint, websocket_session


async def welcome(websocket: WebSocket) -> None:
    async with websocket:
        await websocket.send_text("welcome")


def headers_of(origin: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"testserver"), (b"origin", origin.encode()), (b"cookie", b"session=x")]


@pytest.mark.anyio
async def test_an_evil_page_gets_403_before_the_application_is_called(peer: Any) -> None:
    called: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        called.append(scope)

    connection = await peer(OriginMiddleware(app), headers=headers_of("https://evil.test")).run()
    assert connection.denial_response == (403, b"This origin may not open a WebSocket here.")
    assert called == []


@pytest.mark.anyio
async def test_without_the_denial_response_extension_the_handshake_is_closed(peer: Any) -> None:
    app = OriginMiddleware(websocket_session(welcome))
    connection = await peer(app, headers=headers_of("https://evil.test"), extensions=None).run()
    assert connection.sent == [
        {"type": "websocket.close", "code": 1008, "reason": "This origin may not open a WebSocket here."}
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("origin", ["http://testserver", "https://friend.test"])
async def test_allowed_pages_reach_the_application(peer: Any, origin: str) -> None:
    app = OriginMiddleware(websocket_session(welcome), ["https://friend.test"])
    assert (await peer(app, headers=headers_of(origin)).run()).texts == ["welcome"]


@pytest.mark.anyio
async def test_a_custom_policy_decides(peer: Any) -> None:
    class Closed(OriginPolicy):
        def allows(self, scope: Any) -> bool:
            return False

    app = OriginMiddleware(websocket_session(welcome), policy=Closed())
    assert (await peer(app).run()).denial_response[0] == 403


@pytest.mark.anyio
async def test_other_scopes_pass_untouched() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    scope = {"type": "http", "headers": headers_of("https://evil.test")}
    receive, send = object(), object()
    await OriginMiddleware(app)(scope, receive, send)  # type: ignore[arg-type]
    assert seen == [(scope, receive, send)]


@pytest.mark.anyio
async def test_nothing_is_sent_to_a_client_that_disconnected_before_the_rejection() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(message: Any) -> None:
        raise AssertionError("sent after the disconnect")

    scope = {"type": "websocket", "scheme": "ws", "headers": headers_of("https://evil.test")}
    await OriginMiddleware(websocket_session(welcome))(scope, receive, send)


def test_importing_the_package_does_not_load_an_event_loop() -> None:
    code = "import sys, armillary.websockets; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"anyio", "asyncio", "trio", "inspect", "armillary.http", "logging", "email"} & set(loaded)


# When a handler accepts


class Ada:
    is_authenticated = True


CREDENTIALS: list[dict[str, Any]] = [{"session": {"cart": [1]}}, {"user": Ada()}]


async def by_hand(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("welcome")
    await websocket.close()


class Greeting(WebSocketEndpoint):
    async def on_connect(self, websocket: WebSocket) -> None:
        await by_hand(websocket)


APPLICATIONS = [websocket_session(welcome), websocket_session(by_hand), Greeting]


@pytest.mark.anyio
@pytest.mark.parametrize("app", APPLICATIONS, ids=["block", "by hand", "endpoint"])
@pytest.mark.parametrize("keys", CREDENTIALS, ids=["session", "user"])
async def test_a_page_of_another_origin_does_not_get_a_connection_with_a_session_or_user(
    peer: Any, app: Any, keys: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    connection = await peer(app, headers=headers_of("https://evil.test"), **keys).run()
    assert connection.denial_response == (403, b"This origin may not open a WebSocket here.")
    assert connection.texts == []
    assert "allow_origins=['https://evil.test']" in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize("app", APPLICATIONS, ids=["block", "by hand", "endpoint"])
@pytest.mark.parametrize("keys", CREDENTIALS, ids=["session", "user"])
@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver", None])
async def test_pages_of_this_server_and_programs_get_one(
    peer: Any, app: Any, keys: dict[str, Any], origin: str | None
) -> None:
    headers = [(b"host", b"testserver")] if origin is None else headers_of(origin)
    assert (await peer(app, headers=headers, **keys).run()).texts == ["welcome"]


@pytest.mark.anyio
async def test_without_a_session_or_user_every_page_gets_one(peer: Any) -> None:
    headers = headers_of("https://evil.test")
    assert (await peer(websocket_session(welcome), headers=headers, session={}).run()).texts == ["welcome"]


class Public(WebSocket):
    origin_policy = None


class Befriended(Greeting):
    origin_policy = OriginPolicy(["https://friend.test"], check="session")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "app",
    [
        websocket_session(welcome, allow_origins=["https://friend.test"]),
        websocket_session(welcome, websocket_class=Public),
        OriginMiddleware(websocket_session(welcome), ["https://friend.test"]),
        OriginMiddleware(websocket_session(welcome), check="never"),
        Befriended,
    ],
    ids=["session", "class", "middleware", "middleware that checks nothing", "endpoint"],
)
async def test_another_origin_is_opened_in_one_place(peer: Any, app: Any) -> None:
    headers = headers_of("https://friend.test")
    assert (await peer(app, headers=headers, session={"a": 1}).run()).texts == ["welcome"]


@pytest.mark.anyio
async def test_the_other_origins_of_a_session_are_no_more_than_the_listed(peer: Any) -> None:
    app = websocket_session(welcome, allow_origins=["https://friend.test"])
    connection = await peer(app, headers=headers_of("https://evil.test"), session={"a": 1}).run()
    assert connection.denial_response[0] == 403


def test_a_list_of_origins_is_checked_at_construction() -> None:
    with pytest.raises(ValueError, match="allow_origins such as"):
        websocket_session(welcome, allow_origins=["friend.test"])
