"""Holds 1,000 GraphQL subscriptions over WebSocket and prints the memory of each, ours and Strawberry's.

python benchmarks/subscriptions.py [COUNT]

Each application runs in its own process; one subscription is one connection. What a server
keeps for a connection is not in the figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
from collections.abc import AsyncGenerator
from typing import Any

import strawberry


@strawberry.type
class Query:
    hello: str = "world"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def wait(self) -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.Event().wait()


def application(name: str) -> Any:
    """Return the application of that name."""
    schema = strawberry.Schema(Query, subscription=Subscription)
    if name == "armillary":
        from armillary.graphql import GraphQL
    else:
        from strawberry.asgi import GraphQL  # type: ignore[assignment]
    return GraphQL(schema)


async def hold(app: Any) -> tuple[asyncio.Task[None], asyncio.Queue[Any]]:
    """Open a connection, start a subscription, and return when its first result has come."""
    received: asyncio.Queue[Any] = asyncio.Queue()
    running = asyncio.Event()

    async def send(message: Any) -> None:
        if '"next"' in (message.get("text") or ""):
            running.set()

    scope = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "subprotocols": ["graphql-transport-ws"],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    received.put_nowait({"type": "websocket.connect"})
    subscribe = {"id": "1", "type": "subscribe", "payload": {"query": "subscription { wait }"}}
    for sent in ({"type": "connection_init"}, subscribe):
        received.put_nowait({"type": "websocket.receive", "text": json.dumps(sent), "bytes": None})
    task = asyncio.create_task(app(scope, received.get, send))
    await running.wait()
    return task, received


def resident() -> int:
    """Return the bytes of memory this process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


async def measure(name: str, count: int) -> None:
    """Print the memory per subscription of one application."""
    app = application(name)
    held = [await hold(app) for _ in range(10)]
    gc.collect()
    before = resident()
    held += await asyncio.gather(*(hold(app) for _ in range(count)))
    gc.collect()
    after = resident()
    assert not any(task.done() for task, _ in held)
    for _, received in held:
        received.put_nowait({"type": "websocket.disconnect", "code": 1001, "reason": ""})
    await asyncio.gather(*(task for task, _ in held))
    print(f"{name:12}{count:6} subscriptions held, {(after - before) / count / 1024:6.1f} KiB each")


def main(arguments: list[str]) -> None:
    """Measure the named application, or each in its own process."""
    if arguments[:1] in (["armillary"], ["strawberry"]):
        asyncio.run(measure(arguments[0], int(arguments[1])))
        return
    count = arguments[0] if arguments else "1000"
    for name in ("armillary", "strawberry"):
        subprocess.run([sys.executable, __file__, name, count], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
