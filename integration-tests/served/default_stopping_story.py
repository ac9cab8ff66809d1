"""An application with endless streams and WebSockets of every kind, with nothing around it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import anyio
import strawberry

from armillary.applications import Armillary
from armillary.graphql import GraphQL
from armillary.http import EventSourceResponse, JSONLinesResponse, Request, Response, StreamingResponse
from armillary.routing import Route, WebSocketRoute
from armillary.websockets import WebSocket


async def first(seconds: float = 0.05) -> AsyncIterator[str]:
    while True:
        yield "first"
        await anyio.sleep(seconds)


async def stream(request: Request) -> Response:
    return EventSourceResponse(first())


async def lines(request: Request) -> Response:
    return JSONLinesResponse(first(), endless=True)


async def text(request: Request) -> Response:
    return StreamingResponse(first(), endless=True)


async def silent(request: Request) -> Response:
    return StreamingResponse(first(3600), endless=True)


async def ticks(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text("first")
        await anyio.sleep(0.05)


async def waits(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("first")
    await anyio.sleep_forever()


@strawberry.type
class Query:
    name: str = "story"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def words(self) -> AsyncGenerator[str]:
        async for word in first():
            yield word


schema: Any = strawberry.Schema(Query, subscription=Subscription)
app = Armillary(
    routes=[
        Route("/stream", stream),
        Route("/lines", lines),
        Route("/text", text),
        Route("/silent", silent),
        Route("/graphql", GraphQL(schema)),
        WebSocketRoute("/ticks", ticks),
        WebSocketRoute("/waits", waits),
    ],
)
