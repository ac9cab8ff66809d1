"""A bank that counts what it did, and requests with keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from testkit import SentMessages, call


class Bank:
    """An application that counts the payments it made; each test says how it responds."""

    def __init__(self) -> None:
        self.payments: list[bytes] = []
        self.respond: Callable[..., Any] = self.receipt

    async def receipt(self, scope: Any, send: Any, number: int, body: bytes) -> None:
        text = b"payment %d of %s" % (number, body)
        headers = [(b"content-type", b"text/plain"), (b"x-number", b"%d" % number), (b"set-cookie", b"a=1")]
        headers += [(b"set-cookie", b"b=2"), (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.payments.append(body)
        await self.respond(scope, send, len(self.payments), body)


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def pay() -> Callable[..., Any]:
    """Send a POST with a key."""

    async def send(
        app: Any, key: Any = b'"k1"', body: Any = b"5", user: bytes | None = None, path: str = "/pay", **keys: Any
    ) -> SentMessages:
        headers = [(b"idempotency-key", value) for value in (key if isinstance(key, list) else [key]) if value]
        if user is not None:
            headers.append((b"authorization", user))
        return await call(app, path, keys.pop("method", "POST"), body=body, headers=headers, **keys)

    return send
