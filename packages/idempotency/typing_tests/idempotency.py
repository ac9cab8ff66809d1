"""What type checkers make of idempotency keys as users write them. Checked, never run."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Receive, Scope, Send
from armillary.idempotency import IdempotencyMiddleware, IdempotencyStore, MemoryStore
from armillary.idempotency.redis import RedisStore
from armillary.idempotency.sql import SQLStore


async def handler(scope: Scope, receive: Receive, send: Send) -> None: ...


stores: list[IdempotencyStore] = [
    MemoryStore(max_bytes=1024 * 1024),
    RedisStore("redis://127.0.0.1:6379/0", timeout=2.5),
    SQLStore("postgresql+psycopg://127.0.0.1/keys"),
]
app: ASGIApp = IdempotencyMiddleware(handler, stores[0], lifetime=3600, unfinished="repeat")
