"""What it is compared with: a loop over redis-py's pub/sub that sends to a set of sockets, in a bare ASGI callable.

It has no queue for each subscriber, no history, and notices no lost message: a client that stops reading stops all.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from redis.asyncio import Redis

sockets: set[Any] = set()


async def forward(pubsub: Any) -> None:
    async for message in pubsub.listen():
        if message["type"] == "message":
            event = {"type": "websocket.send", "text": message["data"].decode()}
            for send in list(sockets):
                try:
                    await send(event)
                except OSError:  # the client has left
                    sockets.discard(send)


async def run_lifespan(receive: Any, send: Any) -> None:
    await receive()
    redis: Any = Redis.from_url(os.environ["SCALE_URL"])
    pubsub = redis.pubsub()
    await pubsub.subscribe("news")
    forwarding = asyncio.create_task(forward(pubsub))
    await send({"type": "lifespan.startup.complete"})
    await receive()
    forwarding.cancel()
    await pubsub.aclose()
    await redis.aclose()
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
