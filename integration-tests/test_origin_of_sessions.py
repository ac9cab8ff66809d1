"""A WebSocket with a visitor's session is opened by pages of this server only, whatever keeps the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
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


SESSIONS: dict[str, Callable[[], Middleware]] = {
    "cookie": lambda: Middleware(SessionMiddleware, "a key for these tests only"),
    "server": lambda: Middleware(ServerSessionMiddleware, MemoryStore()),
}


def client(kind: str, *further: Middleware, allow_origins: list[str] | None = None) -> TestClient:
    routes = [
        Route("/log-in", log_in, methods=["POST"]),
        WebSocketRoute("/who", websocket_session(who, allow_origins=allow_origins)),
    ]
    return TestClient(Armillary(routes=routes, middleware=[SESSIONS[kind](), *further]))


def open_from(connection: TestClient, origin: str | None) -> str:
    headers = {} if origin is None else {"origin": origin}
    with connection.websocket_connect("/who", headers=headers) as websocket:
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
