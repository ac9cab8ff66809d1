"""Short responses sent in place of the application's own."""

from __future__ import annotations

from collections.abc import Iterable

from armillary.asgi_types import Scope, Send

Header = tuple[bytes, bytes]


async def send_plain_text(scope: Scope, send: Send, status: int, sentence: str, headers: Iterable[Header] = ()) -> None:
    """Send a plain-text sentence as the response; to a WebSocket handshake, as a denial response.

    A server without the `websocket.http.response` extension closes the handshake instead, which
    it turns into a 403.
    """
    body = sentence.encode()
    prefix = "http.response"
    if scope["type"] == "websocket":
        if "websocket.http.response" not in (scope.get("extensions") or {}):
            await send({"type": "websocket.close", "code": 1008, "reason": sentence[:100]})
            return
        prefix = "websocket.http.response"
    fields = [(b"content-length", b"%d" % len(body)), (b"content-type", b"text/plain; charset=utf-8"), *headers]
    await send({"type": f"{prefix}.start", "status": status, "headers": fields})
    await send({"type": f"{prefix}.body", "body": b"" if scope.get("method") == "HEAD" else body})
