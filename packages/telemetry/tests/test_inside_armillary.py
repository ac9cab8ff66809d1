"""The middleware around an Armillary application."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry import trace
from testkit import CopyingMiddleware

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import PlainTextResponse, Request, Response
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.telemetry import OpenTelemetryMiddleware
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


async def user(request: Request) -> Response:
    return PlainTextResponse(f"{trace.get_current_span().get_span_context().span_id:x}")


async def broken(request: Request) -> Response:
    raise RuntimeError("no star in sight")


async def feed(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


ROUTES = [
    Route("/users/{id:int}", user),
    Route("/broken", broken),
    Mount("/api", routes=[Route("/users/{id:int}", user), WebSocketRoute("/feed/{room}", feed)]),
]


@pytest.fixture(params=["around", "around a copy", "inside", "inside, around a copy"])
def app(request: Any, telemetry: Any) -> Any:
    copying = [Middleware(CopyingMiddleware)] if request.param.endswith("copy") else []
    if request.param.startswith("around"):
        return telemetry.around(Armillary(routes=ROUTES, middleware=copying))
    providers = {"tracer_provider": telemetry.tracer_provider, "meter_provider": telemetry.meter_provider}
    return Armillary(routes=ROUTES, middleware=[Middleware(OpenTelemetryMiddleware, **providers), *copying])


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        ("/users/7", "GET /users/{id:int}", 200),
        ("/api/users/7", "GET /api/users/{id:int}", 200),
        ("/nowhere", "GET", 404),
        ("/api/nowhere", "GET /api", 404),
    ],
)
async def test_the_span_is_named_after_the_route(telemetry: Any, app: Any, path: str, name: str, status: int) -> None:
    sent = await telemetry.call(app, path=path)
    span = telemetry.span
    assert (span.name, span.attributes["http.response.status_code"]) == (name, status)
    if status == 200:
        assert sent[1]["body"] == f"{span.context.span_id:x}".encode()


async def test_an_unhandled_exception_is_recorded_once(telemetry: Any, app: Any) -> None:
    with pytest.raises(RuntimeError):
        await telemetry.call(app, path="/broken")
    span = telemetry.span
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET /broken", 500)
    assert span.attributes["error.type"] == "RuntimeError"
    assert [event.name for event in span.events] == ["exception"]


async def test_a_websocket_is_named_after_its_route(telemetry: Any, app: Any) -> None:
    await telemetry.call(app, "websocket", [{"type": "websocket.connect"}], path="/api/feed/a")
    span = telemetry.span
    assert (span.name, span.attributes["http.response.status_code"]) == ("GET /api/feed/{room}", 101)
