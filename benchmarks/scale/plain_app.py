"""What it is compared with: a loop over the pub/sub of redis-py or nats-py that sends to a set of sockets.

It is a bare ASGI callable, has no queue for each subscriber and no history, and notices no lost message: a client that
stops reading stops all.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nats
from redis.asyncio import Redis

URL = os.environ["SCALE_URL"]
sockets: set[Any] = set()


async def forward(data: bytes) -> None:
    event = {"type": "websocket.send", "text": data.decode()}
    for send in list(sockets):
        try:
            await send(event)
        except OSError:  # the client has left
            sockets.discard(send)


async def forward_all(pubsub: Any) -> None:
    async for message in pubsub.listen():
        if message["type"] == "message":
            await forward(message["data"])


@asynccontextmanager
async def redis_loop() -> AsyncIterator[None]:
    redis: Any = Redis.from_url(URL)
    pubsub = redis.pubsub()
    await pubsub.subscribe("news")
    forwarding = asyncio.create_task(forward_all(pubsub))
    yield
    forwarding.cancel()
    await pubsub.aclose()
    await redis.aclose()


@asynccontextmanager
async def nats_loop() -> AsyncIterator[None]:
    client = await nats.connect(URL)

    async def take(message: Any) -> None:
        await forward(message.data)

    await client.subscribe("news", cb=take)
    await client.flush()
    yield
    await client.close()


async def run_lifespan(receive: Any, send: Any) -> None:
    await receive()
    async with nats_loop() if URL.startswith("nats:") else redis_loop():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await run_lifespan(receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        sockets.add(send)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            sockets.discard(send)
