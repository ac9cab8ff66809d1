"""A WebSocket with a visitor's session is opened by pages of this server only, whatever keeps the session."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware, Receive, Scope, Send
from armillary.authentication import AuthCredentials, AuthenticationMiddleware, SimpleUser
from armillary.http import PlainTextResponse
from armillary.routing import Route, WebSocketRoute
from armillary.security import CSRFMiddleware
from armillary.sessions import MemoryStore, ServerSessionMiddleware, SessionMiddleware
from armillary.testing import TestClient, WebSocketRejected
from armillary.websockets import OriginMiddleware, WebSocket, websocket_session


async def log_in(request: Any) -> PlainTextResponse:
    request.session["user"] = "ada"
    return PlainTextResponse("welcome")


async def who(websocket: WebSocket) -> None:
    async with websocket:
        await websocket.send_text(websocket.session.get("user", "nobody"))


class Raw:
    """Accepts as a foreign framework does, and goes on whatever became of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        name = scope["user"].username if "user" in scope else scope["session"].get("user", "nobody")
        await send({"type": "websocket.send", "text": name})
        assert (await receive())["type"] == "websocket.disconnect"


class Public(WebSocket):
    origin_policy = None


class Visitors:
    """Makes each visitor ada."""

    async def authenticate(self, connection: Any) -> Any:
        return AuthCredentials(), SimpleUser("ada")


SESSIONS: dict[str, Callable[[Sequence[str]], Middleware]] = {
    "cookie": lambda origins: Middleware(SessionMiddleware, "a key for these tests only", allow_origins=origins),
    "server": lambda origins: Middleware(ServerSessionMiddleware, MemoryStore(), allow_origins=origins),
}


def client(
    kind: str, *further: Middleware, allow_origins: list[str] | None = None, session_origins: Sequence[str] = ()
) -> TestClient:
    routes = [
        Route("/log-in", log_in, methods=["POST"]),
        WebSocketRoute("/who", websocket_session(who, allow_origins=allow_origins)),
        WebSocketRoute("/raw", Raw()),
        WebSocketRoute("/public", websocket_session(who, websocket_class=Public)),
    ]
    return TestClient(Armillary(routes=routes, middleware=[SESSIONS[kind](session_origins), *further]))


def open_from(connection: TestClient, origin: str | None, path: str = "/who") -> str:
    headers = {} if origin is None else {"origin": origin}
    with connection.websocket_connect(path, headers=headers) as websocket:
        text: str = websocket.receive_text()
        return text


@pytest.mark.parametrize("kind", SESSIONS)
@pytest.mark.parametrize("origin", ["http://testserver", "https://testserver", None])
def test_a_page_of_this_server_has_the_session(kind: str, origin: str | None) -> None:
    visitor = client(kind)
    assert visitor.post("/log-in").status_code == 200
    assert open_from(visitor, origin) == "ada"


@pytest.mark.parametrize("kind", SESSIONS)
def test_another_page_gets_a_connection_only_without_a_session(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    visitor = client(kind)
    assert open_from(visitor, "https://evil.test") == "nobody"
    assert visitor.post("/log-in").status_code == 200
    with pytest.raises(WebSocketRejected) as caught:
        open_from(visitor, "https://evil.test")
    assert caught.value.response.status_code == 403
    assert "proxy_set_header Host $host;" in caplog.text


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_listed_origin_has_the_session(kind: str) -> None:
    friend = "https://friend.test"
    for visitor in (
        client(kind, allow_origins=[friend]),
        client(kind, Middleware(OriginMiddleware, [friend])),
        client(kind, Middleware(CSRFMiddleware, trusted_origins=[friend])),
    ):
        assert visitor.post("/log-in").status_code == 200
        assert open_from(visitor, friend) == "ada"
        with pytest.raises(WebSocketRejected):
            open_from(visitor, "https://evil.test")


@pytest.mark.parametrize("kind", SESSIONS)
def test_an_application_that_knows_nothing_of_origins_gives_no_session_to_another_page(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = client(kind)
    assert open_from(visitor, "https://evil.test", "/raw") == "nobody"
    assert visitor.post("/log-in").status_code == 200
    assert open_from(visitor, "http://testserver", "/raw") == "ada"
    assert open_from(visitor, None, "/raw") == "ada"
    with pytest.raises(WebSocketRejected) as caught:
        open_from(visitor, "https://evil.test", "/raw")
    assert caught.value.response.status_code == 403
    assert "allow_origins=['https://evil.test']" in caplog.text


@pytest.mark.parametrize("kind", SESSIONS)
def test_origins_listed_for_the_session_count_for_every_application(kind: str) -> None:
    friend = "https://friend.test"
    visitor = client(kind, session_origins=[friend])
    assert visitor.post("/log-in").status_code == 200
    for path in ("/raw", "/who"):
        assert open_from(visitor, friend, path) == "ada"
        with pytest.raises(WebSocketRejected):
            open_from(visitor, "https://evil.test", path)


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_handler_that_is_open_to_every_page_stays_so(kind: str) -> None:
    visitor = client(kind)
    assert visitor.post("/log-in").status_code == 200
    assert open_from(visitor, "https://evil.test", "/public") == "ada"


@pytest.mark.parametrize("inside", [True, False])
def test_an_authenticated_user_counts_as_a_session_does(inside: bool) -> None:
    friend = "https://friend.test"
    authentication = Middleware(AuthenticationMiddleware, Visitors(), allow_origins=[friend])
    session = Middleware(SessionMiddleware, "a key for these tests only")
    middleware = [session, authentication] if inside else [authentication, session]
    visitor = TestClient(Armillary(routes=[WebSocketRoute("/raw", Raw())], middleware=middleware))
    assert open_from(visitor, friend, "/raw") == "ada"
    assert open_from(visitor, "http://testserver", "/raw") == "ada"
    with pytest.raises(WebSocketRejected):
        open_from(visitor, "https://evil.test", "/raw")
