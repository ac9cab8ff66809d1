"""An API that allows one origin, and pages that call it."""

from __future__ import annotations

import os

from armillary.applications import Armillary
from armillary.asgi_types import HTTPException, Middleware
from armillary.cors import CORSMiddleware
from armillary.http import HTMLResponse, JSONResponse, PlainTextResponse, Request, Response
from armillary.routing import Route, WebSocketRoute
from armillary.websockets import WebSocket

received: list[str] = []


async def resource(request: Request) -> Response:
    """Respond, and record the request."""
    received.append(f"{request.method} {request.headers.get('x-label', '')}".strip())
    return PlainTextResponse("stored", headers={"X-Total": "3", "X-Hidden": "7"})


async def whoami(request: Request) -> Response:
    return JSONResponse({"name": request.cookies.get("name")})


async def login(request: Request) -> Response:
    response = PlainTextResponse("welcome")
    response.set_cookie("name", "ada", samesite="lax")
    return response


async def broken(request: Request) -> Response:
    raise RuntimeError("no star in sight")


async def forbidden(request: Request) -> Response:
    raise HTTPException(403, "not for you")


async def requests(request: Request) -> Response:
    return JSONResponse(received)


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


api = Armillary(
    routes=[
        Route("/resource", resource, methods=["GET", "POST", "PUT", "DELETE"]),
        Route("/whoami", whoami),
        Route("/login", login, methods=["POST"]),
        Route("/broken", broken),
        Route("/forbidden", forbidden),
        Route("/requests", requests),
        WebSocketRoute("/echo", echo),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=[os.environ.get("SHARED_ORIGIN", "https://example.org")],
            allow_methods=["GET", "POST", "PUT"],
            allow_headers=["X-Label"],
            allow_credentials=True,
            expose_headers=["X-Total"],
            check_websockets=True,
        )
    ],
)


async def page(request: Request) -> Response:
    return HTMLResponse("<!doctype html><title>A page</title>")


pages = Armillary(routes=[Route("/", page)])
