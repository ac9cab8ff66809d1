"""Rejecting a WebSocket handshake with an HTTP response (ASGI: a denial response)."""

from __future__ import annotations

from armillary.asgi_types import Message, Scope, Send

_DENIAL_EXTENSION = "websocket.http.response"


def can_send_denial_response(scope: Scope) -> bool:
    """Return whether the server can reject this handshake with a response."""
    return _DENIAL_EXTENSION in (scope.get("extensions") or ())


def denial_response_send(scope: Scope, send: Send, without_extension: bool = False) -> Send:
    """Return a `send` that takes the messages of an HTTP response and rejects the handshake with them.

    If the server does not offer the extension `websocket.http.response`, the handshake is
    rejected with a close (servers respond with 403) and the response is dropped.

    Args:
        scope: the WebSocket scope.
        send: the server's send.
        without_extension: send the response even if the server does not offer the extension.
    """
    if without_extension or can_send_denial_response(scope):

        async def send_response(message: Message) -> None:
            await send({**message, "type": f"websocket.{message['type']}"})

        return send_response

    async def send_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": 1008})

    return send_close
