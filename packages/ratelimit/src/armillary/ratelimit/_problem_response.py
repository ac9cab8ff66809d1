"""The problem document for a client over its limit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from armillary.asgi_types import Scope, Send

from ._fields import Count, Header

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


def quota_problem(violated: Sequence[Count]) -> dict[str, Any]:
    """Return the problem document (RFC 9457) for limits that are used up."""
    first = max(violated, key=lambda count: count.wait)
    requests = "1 request" if first.rule.quota == 1 else f"{first.rule.quota} requests"
    return {
        "type": QUOTA_EXCEEDED,
        "title": "Too Many Requests",
        "status": 429,
        "detail": f"The limit of {requests} in {seconds(first.rule.window)} is used up. "
        f"Try again in {seconds(max(1, first.wait))}.",
        "violated-policies": [count.rule.label for count in violated],
    }


def seconds(number: int) -> str:
    return "1 second" if number == 1 else f"{number} seconds"


def unavailable_problem() -> dict[str, Any]:
    """Return the problem document for a store that does not respond."""
    return {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "The server cannot check its rate limits now. Try again shortly.",
    }


async def send_problem(
    scope: Scope, send: Send, problem: dict[str, Any], retry_after: int, headers: Iterable[Header] = ()
) -> None:
    """Send a problem document; a WebSocket handshake is rejected with the same.

    A server without the `websocket.http.response` extension closes the handshake instead, which
    it turns into a 403.
    """
    prefix = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1013, "reason": problem["title"]})
            return
        prefix = "websocket.http.response"
    body = json.dumps(problem).encode()
    fields = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"%d" % retry_after),
        *headers,
    ]
    await send({"type": f"{prefix}.start", "status": problem["status"], "headers": fields})
    await send({"type": f"{prefix}.body", "body": b"" if scope.get("method") == "HEAD" else body})
