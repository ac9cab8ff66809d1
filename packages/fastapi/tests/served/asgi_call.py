"""Calls an application by hand and records all that can be seen of it."""

from __future__ import annotations

import re
from typing import Any

import anyio

OTHER_KEYS = ("armillary", "armillary.mount", "starlette.exception_handlers")
"""What the drop-in adds, and tables of classes, which are called otherwise there."""

effects: list[str] = []
"""What the program did for the request, in order."""


async def call(app: Any, method: str, target: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """Return messages, effects, keys of the scope and exceptions of one request."""
    effects.clear()
    path, _, query = target.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"test"), *((k.encode(), v.encode()) for k, v in headers.items())],
        "server": ("test", 80),
        "client": ("client", 1),
        "state": {},
    }
    pending = [
        {"type": "http.request", "body": body[:7], "more_body": True},
        {"type": "http.request", "body": body[7:], "more_body": False},
    ]
    messages: list[Any] = []

    async def receive() -> Any:
        if not pending:
            await anyio.sleep_forever()  # the client stays
        return pending.pop(0)

    async def send(message: Any) -> None:
        effects.append(message["type"])
        messages.append(message)

    raised = None
    try:
        await app(scope, receive, send)
    except Exception as exc:
        raised = described(exc)
    start = next((m for m in messages if m["type"] == "http.response.start"), None)
    content = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
    return {
        "status": start and start["status"],
        "headers": start and [[k.decode("latin-1"), v.decode("latin-1")] for k, v in start["headers"]],
        "body": without_addresses(content.decode("latin-1")),
        "effects": [without_addresses(effect) for effect in effects],
        "scope": {key: shown(scope[key]) for key in sorted(scope) if key not in OTHER_KEYS},
        "raised": raised,
    }


def described(exc: BaseException) -> list[Any]:
    """Return the class, the text and the cause of an exception."""
    cause = type(exc.__cause__).__name__ if exc.__cause__ is not None else None
    return [type(exc).__name__, without_addresses(str(exc)), cause]


def shown(value: Any) -> Any:
    """Return a text for what a scope holds."""
    if type(value) is dict:
        items: dict[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {str(key): shown(item) for key, item in items.items()}
    if type(value) in (tuple, list):
        return [shown(item) for item in value]
    return repr(value) if isinstance(value, (str, int, bytes)) else type(value).__name__


def without_addresses(text: str) -> str:
    """Return a text without the addresses of objects."""
    return re.sub(r"0x[0-9a-f]+", "0x", text)
