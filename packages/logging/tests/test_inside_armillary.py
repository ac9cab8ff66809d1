"""The access log around an Armillary application."""

from __future__ import annotations

from typing import Any

import pytest
from testkit import CopyingMiddleware

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import PlainTextResponse, Request, Response, StreamingResponse
from armillary.logging import AccessLogMiddleware, current_request_id
from armillary.routing import Host, Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def user(request: Request) -> Response:
    return PlainTextResponse(current_request_id.get() or "none")


def threaded(request: Request) -> Response:
    return PlainTextResponse(current_request_id.get() or "none")


async def broken(request: Request) -> Response:
    raise RuntimeError("no star in sight")


async def stream(request: Request) -> Response:
    async def parts() -> Any:
        for _ in range(3):
            yield b"part"

    return StreamingResponse(parts())


async def feed(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close(4000)


class AskedRoute(Route):
    """A route with a matching of its own, which the router has to call."""

    def matches(self, scope: Any) -> Any:
        return super().matches(scope)


ROUTES = [
    Route("/users/{id:int}", user),
    Route("/threaded", threaded),
    Route("/last/{id}", user),
    AskedRoute("/asked/{id}", user),
    Route("/broken", broken),
    Route("/stream", stream),
    Host("api.example.org", Router([Route("/hosted/{id:int}", user)])),
    Mount("/api", routes=[Route("/users/{id:int}", user), WebSocketRoute("/feed/{room}", feed)]),
]


@pytest.fixture(params=["around", "around a copy", "inside", "inside, around a copy"])
def app(request: Any, logger: Any) -> Any:
    copying = [Middleware(CopyingMiddleware)] if request.param.endswith("copy") else []
    if request.param.startswith("around"):
        return AccessLogMiddleware(Armillary(routes=ROUTES, middleware=copying), logger)
    return Armillary(routes=ROUTES, middleware=[Middleware(AccessLogMiddleware, logger), *copying])


@pytest.mark.parametrize(
    ("path", "route", "status", "size"),
    [
        ("/users/7", "/users/{id:int}", 200, 2),
        ("/threaded", "/threaded", 200, 2),
        ("/api/users/7", "/api/users/{id:int}", 200, 2),
        ("/stream", "/stream", 200, 12),
        ("/last/7", "/last/{id}", 200, 2),
        ("/asked/7", "/asked/{id}", 200, 2),
        ("/nowhere", None, 404, 34),
        ("/api/nowhere", "/api", 404, 34),
    ],
)
async def test_the_line_has_the_template_of_the_route(
    connection: Any, app: Any, records: list[Any], path: str, route: str | None, status: int, size: int
) -> None:
    made = connection(path=path, raw_path=path.encode(), headers=[(b"x-request-id", b"a1")])
    await made.call(app)
    (record,) = records
    assert (record.route, record.status, record.outcome, record.response_bytes) == (route, status, "complete", size)
    if status == 200 and size == 2:
        assert made.sent[1]["body"] == b"a1"


async def test_an_unhandled_exception_is_one_line_with_its_class(connection: Any, app: Any, records: list[Any]) -> None:
    made = connection(path="/broken")
    with pytest.raises(RuntimeError):
        await made.call(app)
    (record,) = records
    assert (record.route, record.status, record.outcome) == ("/broken", 500, "failed")
    assert record.error == "RuntimeError"
    assert made.sent[0]["status"] == 500
    assert made.fields(b"x-request-id") == [record.request_id.encode()]


async def test_a_websocket_is_one_line_with_its_template(connection: Any, app: Any, records: list[Any]) -> None:
    await connection("websocket", ({"type": "websocket.connect"},), path="/api/feed/a").call(app)
    (record,) = records
    assert (record.route, record.status, record.close_code, record.response_bytes) == ("/api/feed/{room}", 101, 4000, 5)


async def test_the_line_has_the_template_of_a_route_below_a_host(connection: Any, app: Any, records: list[Any]) -> None:
    await connection(path="/hosted/7", headers=[(b"host", b"api.example.org")]).call(app)
    assert records[0].route == "/hosted/{id:int}"
