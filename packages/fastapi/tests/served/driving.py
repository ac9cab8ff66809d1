"""Sends requests and WebSocket messages to a program, and records all that can be seen of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from asgi_call import OTHER_KEYS, call, described, effects, shown  # type: ignore[import-not-found]

KEPT: list[Any] = []
"""The programs: FastAPI remembers functions by their `id`, which those of a program that has ended would leave."""

JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
note: Callable[[str], None] = effects.append


async def get(app: Any, target: str, method: str = "GET", body: Any = b"", **headers: str) -> Any:
    """Return what an application does with a request; a body that is not of bytes is JSON."""
    KEPT.append(app)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if not isinstance(body, bytes):
        body, named = json.dumps(body).encode(), {**JSON, **named}
    return await call(app, method, target, named, body)


async def talk(app: Any, target: str, *incoming: Any, **headers: str) -> Any:
    """Return what an application does with a WebSocket that sends these messages and leaves."""
    KEPT.append(app)
    effects.clear()
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"test"), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())],
        "server": ("test", 80),
        "client": ("client", 1),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }
    pending = [{"type": "websocket.connect"}, *incoming, {"type": "websocket.disconnect", "code": 1001, "reason": "r"}]
    messages: list[Any] = []

    async def receive() -> Any:
        return pending.pop(0)

    async def send(message: Any) -> None:
        effects.append(message["type"])
        messages.append(repr(message))

    raised = None
    try:
        await app(scope, receive, send)
    except Exception as exc:
        raised = described(exc)
    return {
        "messages": messages,
        "effects": [*effects],
        "raised": raised,
        "scope": {key: shown(scope[key]) for key in sorted(scope) if key not in OTHER_KEYS},
    }


def text(data: str) -> Any:
    """Return the message of a text."""
    return {"type": "websocket.receive", "text": data}
