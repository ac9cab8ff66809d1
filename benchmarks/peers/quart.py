"""The program on Quart."""

from __future__ import annotations

from frame import Application
from quart import Quart, Response, request


def _text(body: str) -> Response:
    return Response(body, content_type="text/plain; charset=utf-8")


def application() -> Application:
    """Return the program of six routes."""
    app = Quart("benchmark")

    @app.get("/")
    async def plaintext() -> Response:
        return _text("Hello, world!")

    @app.get("/json")
    async def json() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/users/<name>")
    async def user(name: str) -> Response:
        return _text(name)

    @app.get("/stars/<star>/planets/<planet>")
    async def planet_of(star: str, planet: str) -> Response:
        return _text(f"{star} {planet}")

    @app.post("/named")
    async def named() -> Response:
        document = await request.get_json()
        return _text(document["name"])

    @app.get("/query")
    async def query() -> Response:
        return _text(request.args["name"])

    return app


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""
    app = Quart("benchmark")

    async def found(key: str) -> Response:
        return _text("found")

    for at in range(1000):
        app.add_url_rule(f"/items{at}/<key>/detail", f"found{at}", found)
    return app
