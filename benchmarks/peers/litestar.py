"""The program on Litestar."""

from __future__ import annotations

from typing import Any

from frame import Application
from litestar import Litestar, MediaType, get, post


def application() -> Application:
    """Return the program of six routes."""

    @get("/", media_type=MediaType.TEXT)
    async def plaintext() -> str:
        return "Hello, world!"

    @get("/json")
    async def json() -> dict[str, str]:
        return {"hello": "world"}

    @get("/users/{name:str}", media_type=MediaType.TEXT)
    async def user(name: str) -> str:
        return name

    @get("/stars/{star:str}/planets/{planet:str}", media_type=MediaType.TEXT)
    async def planet(star: str, planet: str) -> str:
        return f"{star} {planet}"

    @post("/named", media_type=MediaType.TEXT, status_code=200)
    async def named(data: dict[str, Any]) -> str:
        return str(data["name"])

    @get("/query", media_type=MediaType.TEXT)
    async def query(name: str) -> str:
        return name

    return Litestar([plaintext, json, user, planet, named, query], openapi_config=None)


def thousand_routes() -> Application:
    """Return the program of 1,000 routes."""

    @get([f"/items{at}/{{key:str}}/detail" for at in range(1000)], media_type=MediaType.TEXT)
    async def found(key: str) -> str:
        return "found"

    return Litestar([found], openapi_config=None)
