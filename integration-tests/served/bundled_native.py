"""An application whose parts are imported when they are used: prints the status, coding and length of its responses."""

import asyncio
import json
from typing import Any

import strawberry

from armillary.applications import Armillary
from armillary.compression import CompressionMiddleware
from armillary.graphql import GraphQL
from armillary.http import Request
from armillary.openapi import OpenAPI
from armillary.routing import Route


@strawberry.type
class Query:
    hello: str = "world"


async def home(request: Request) -> dict[str, str]:
    return {"text": "x" * 4000}


plain = Armillary(routes=[Route("/", home), Route("/graphql", GraphQL(strawberry.Schema(Query), ide=True))])
OpenAPI(title="Bundled", version="1").add_to(plain)
app = CompressionMiddleware(plain)


async def ask(path: str, name: bytes, value: bytes) -> list[Any]:
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
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"example.org"), (name, value)],
    }
    await app(scope, receive, send)
    coding = dict(messages[0]["headers"]).get(b"content-encoding", b"").decode()
    return [messages[0]["status"], coding, sum(len(message.get("body", b"")) for message in messages) > 0]


async def main() -> None:
    asked = {coding: await ask("/", b"accept-encoding", coding.encode()) for coding in ("gzip", "br", "zstd")}
    asked |= {path: await ask(path, b"accept", b"text/html") for path in ("/openapi.json", "/docs", "/graphql")}
    print(json.dumps(asked))


if __name__ == "__main__":
    asyncio.run(main())
