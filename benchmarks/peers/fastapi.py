"""The program on FastAPI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from frame import Application


def application() -> Application:
    """Return the program of six routes."""
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def plaintext() -> PlainTextResponse:
        return PlainTextResponse("Hello, world!")

    @app.get("/json")
    async def json() -> dict[str, str]:
        return {"hello": "world"}

    @app.get("/users/{name}")
    async def user(name: str) -> PlainTextResponse:
        return PlainTextResponse(name)

    @app.get("/stars/{star}/planets/{planet}")
    async def planet(star: str, planet: str) -> PlainTextResponse:
        return PlainTextResponse(f"{star} {planet}")

    @app.post("/named")
    async def named(document: dict[str, Any]) -> PlainTextResponse:
        return PlainTextResponse(document["name"])

    @app.get("/query")
    async def query(name: str) -> PlainTextResponse:
        return PlainTextResponse(name)

    return app


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""
    app = FastAPI(openapi_url=None)

    async def found(key: str) -> PlainTextResponse:
        return PlainTextResponse("found")

    for at in range(1000):
        app.add_api_route(f"/items{at}/{{key}}/detail", found)
    return app
