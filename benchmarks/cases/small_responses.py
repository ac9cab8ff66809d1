"""Plain text, JSON, and a path parameter: the least a framework can do for a request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

PLAIN = b"text/plain; charset=utf-8"


def armillary_application() -> Application:
    """Return the toolkit's."""
    from armillary.applications import Armillary
    from armillary.http import JSONResponse, PlainTextResponse, Request, Response
    from armillary.routing import Route

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    async def json(request: Request) -> Response:
        return JSONResponse({"hello": "world"})

    async def greet(request: Request) -> Response:
        return PlainTextResponse(request.path_params["name"])

    return Armillary(routes=[Route("/", plaintext), Route("/json", json), Route("/users/{name}", greet)])


def _starlette() -> Application:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.routing import Route

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    async def json(request: Request) -> Response:
        return JSONResponse({"hello": "world"})

    async def greet(request: Request) -> Response:
        return PlainTextResponse(request.path_params["name"])

    return Starlette(routes=[Route("/", plaintext), Route("/json", json), Route("/users/{name}", greet)])


def _falcon() -> Application:
    import falcon.asgi

    class Plaintext:
        async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = "Hello, world!"

    class JSON:
        async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response) -> None:
            resp.media = {"hello": "world"}

    class Greet:
        async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, name: str) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = name

    application = falcon.asgi.App()
    application.add_route("/", Plaintext())
    application.add_route("/json", JSON())
    application.add_route("/users/{name}", Greet())
    return application


def _blacksheep() -> Application:
    from blacksheep import Application as BlackSheep, json, text
    from blacksheep.server.routing import Router

    application = BlackSheep(router=Router())

    @application.router.get("/")
    async def plaintext() -> Any:
        return text("Hello, world!")

    @application.router.get("/json")
    async def json_response() -> Any:
        return json({"hello": "world"})

    @application.router.get("/users/{name}")
    async def greet(name: str) -> Any:
        return text(name)

    return application


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the three contests."""
    blacksheep = _blacksheep()
    peers = {
        "armillary": armillary_application(),
        "starlette": _starlette(),
        "falcon": _falcon(),
        "blacksheep": blacksheep,
    }
    cases = (
        ("plaintext", BenchmarkRequest("/", expected=b"Hello, world!"), bare_application(b"Hello, world!", PLAIN)),
        ("JSON", BenchmarkRequest("/json"), bare_application(b'{"hello":"world"}', b"application/json")),
        ("path parameter", BenchmarkRequest("/users/vega", expected=b"vega"), bare_application(b"vega", PLAIN)),
    )
    for name, request, bare in cases:
        yield name, Contest(request, {BARE: bare, **peers}, {"blacksheep": blacksheep.start})
