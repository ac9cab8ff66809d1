from __future__ import annotations

import pytest

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.lint import lint
from armillary.resilience import ResilienceMiddleware

SCOPE: Scope = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "root_path": "",
    "headers": [],
}


async def greeting(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


@pytest.mark.anyio
async def test_a_response_passes_through_unchanged() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await lint(ResilienceMiddleware(greeting))(dict(SCOPE), receive, send)
    assert b"".join(message.get("body", b"") for message in sent) == b"hello"
