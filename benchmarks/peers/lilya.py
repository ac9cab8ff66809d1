"""The program on Lilya."""

from __future__ import annotations

from frame import Application
from lilya.apps import Lilya
from lilya.requests import Request
from lilya.responses import JSONResponse, PlainText
from lilya.routing import Path


def application() -> Application:
    """Return the program of six routes."""

    async def plaintext(request: Request) -> PlainText:
        return PlainText("Hello, world!")

    async def json(request: Request) -> JSONResponse:
        return JSONResponse({"hello": "world"})

    async def user(request: Request) -> PlainText:
        return PlainText(request.path_params["name"])

    async def planet(request: Request) -> PlainText:
        return PlainText(f"{request.path_params['star']} {request.path_params['planet']}")

    async def named(request: Request) -> PlainText:
        document = await request.json()
        return PlainText(document["name"])

    async def query(request: Request) -> PlainText:
        return PlainText(request.query_params["name"])

    routes = [
        Path("/", plaintext),
        Path("/json", json),
        Path("/users/{name}", user),
        Path("/stars/{star}/planets/{planet}", planet),
        Path("/named", named, methods=["POST"]),
        Path("/query", query),
    ]
    return Lilya(routes=routes)


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""

    async def found(request: Request) -> PlainText:
        return PlainText("found")

    return Lilya(routes=[Path(f"/items{at}/{{key}}/detail", found) for at in range(1000)])
