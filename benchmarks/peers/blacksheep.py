"""The program on BlackSheep."""

from typing import Any

from blacksheep import Application as BlackSheep, FromJSON, Response, json, text
from blacksheep.server.routing import Router
from frame import Application


def application() -> Application:
    """Return the program of six routes."""
    app = BlackSheep(router=Router())

    @app.router.get("/")
    async def plaintext() -> Response:
        return text("Hello, world!")

    @app.router.get("/json")
    async def json_response() -> Response:
        return json({"hello": "world"})

    @app.router.get("/users/{name}")
    async def user(name: str) -> Response:
        return text(name)

    @app.router.get("/stars/{star}/planets/{planet}")
    async def planet_of(star: str, planet: str) -> Response:
        return text(f"{star} {planet}")

    @app.router.post("/named")
    async def named(document: FromJSON[dict[str, Any]]) -> Response:
        return text(document.value["name"])

    @app.router.get("/query")
    async def query(name: str) -> Response:
        return text(name)

    return app


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""
    app = BlackSheep(router=Router())
    app.logger.setLevel("WARNING")  # it writes a line for each 404, if the program has set up logging

    def add(path: str) -> None:
        # One function for each: BlackSheep changes those it is given.
        async def found(key: str) -> Response:
            return text("found")

        app.router.get(path)(found)

    for at in range(1000):
        add(f"/items{at}/{{key}}/detail")
    return app
