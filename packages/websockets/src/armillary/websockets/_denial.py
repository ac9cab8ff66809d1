"""An HTTP response instead of a handshake (ASGI extension `websocket.http.response`)."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send


async def send_denial(response: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run `response` on a WebSocket scope, giving its messages the names the extension wants.

    Args:
        response: an ASGI application that answers; it is asked with the scope as it is.
        scope, receive, send: those of the connection.
    """

    async def send_as_denial(message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" or kind == "http.response.body":
            message = {**message, "type": f"websocket.{kind}"}
        await send(message)

    await response(scope, receive, send_as_denial)


async def send_plain_denial(send: Send, status: int, text: str, headers: list[tuple[bytes, bytes]]) -> None:
    """Answer the handshake with a sentence.

    Args:
        send: the connection's.
        status: an HTTP status code.
        text: the body, sent as UTF-8.
        headers: extra headers, lower-case.
    """
    body = text.encode("utf-8")
    head = [
        (b"content-length", str(len(body)).encode("ascii")),
        (b"content-type", b"text/plain; charset=utf-8"),
        *headers,
    ]
    await send({"type": "websocket.http.response.start", "status": status, "headers": head})
    await send({"type": "websocket.http.response.body", "body": body})
