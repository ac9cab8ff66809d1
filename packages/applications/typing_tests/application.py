"""What type checkers make of an application put together. Checked, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from armillary.applications import Armillary
from armillary.asgi_types import ASGIApp, HTTPException, Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.websockets import WebSocket


class Timed:
    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[Mapping[str, Any], None]:
    yield {"pool": object()}


async def homepage(request: Request) -> Response:
    return JSONResponse({"hello": "world"})


def in_a_thread(request: Request) -> Response:
    return JSONResponse({"hello": "world"})


async def echo(websocket: WebSocket) -> None:
    async with websocket:
        await websocket.send_text("hello")


async def handle_error(request: Request, exc: HTTPException) -> Response:
    return JSONResponse({"error": exc.detail}, exc.status_code)


app: ASGIApp = Armillary(
    debug=True,
    routes=[
        Route("/", homepage),
        Route("/thread", in_a_thread, methods=["POST"]),
        WebSocketRoute("/echo", echo),
        Mount("/v1", routes=[Route("/", homepage)]),
    ],
    middleware=[Middleware(Timed, seconds=5)],
    exception_handlers={404: handle_error, HTTPException: handle_error},
    lifespan=lifespan,
)
