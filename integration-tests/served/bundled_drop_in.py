"""A program that was written for Starlette: prints the status of its response and what it runs on."""

import asyncio
import json
from typing import Any

import armillary.starlette

armillary.starlette.install()

import starlette
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def home(request: Request) -> JSONResponse:
    return JSONResponse({"hello": "world"})


async def main() -> None:
    app = Starlette(routes=[Route("/", home)], middleware=[Middleware(GZipMiddleware)])
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, receive, send)
    same = Starlette is armillary.starlette.applications.Starlette
    print(json.dumps([messages[0]["status"], starlette.__name__, same]))


if __name__ == "__main__":
    asyncio.run(main())
