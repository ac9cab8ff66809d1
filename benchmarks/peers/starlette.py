"""The program on Starlette."""

from __future__ import annotations

from frame import Application
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route


def application() -> Application:
    """Return the program of six routes."""

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    async def json(request: Request) -> Response:
        return JSONResponse({"hello": "world"})

    async def user(request: Request) -> Response:
        return PlainTextResponse(request.path_params["name"])

    async def planet(request: Request) -> Response:
        return PlainTextResponse(f"{request.path_params['star']} {request.path_params['planet']}")

    async def named(request: Request) -> Response:
        document = await request.json()
        return PlainTextResponse(document["name"])

    async def query(request: Request) -> Response:
        return PlainTextResponse(request.query_params["name"])

    routes = [
        Route("/", plaintext),
        Route("/json", json),
        Route("/users/{name}", user),
        Route("/stars/{star}/planets/{planet}", planet),
        Route("/named", named, methods=["POST"]),
        Route("/query", query),
    ]
    return Starlette(routes=routes)


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""

    async def found(request: Request) -> Response:
        return PlainTextResponse("found")

    return Starlette(routes=[Route(f"/items{at}/{{key}}/detail", found) for at in range(1000)])
