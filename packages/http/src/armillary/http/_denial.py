"""Answering a WebSocket handshake with an HTTP response."""

from __future__ import annotations

from armillary.asgi_types import Message, Scope, Send

_EXTENSION = "websocket.http.response"


def can_refuse_with_response(scope: Scope) -> bool:
    """Tell whether the server offers to refuse this handshake with a response."""
    return _EXTENSION in (scope.get("extensions") or ())


def denial_send(scope: Scope, send: Send, without_extension: bool = False) -> Send:
    """Return a `send` that takes the messages of an HTTP response and refuses the handshake with them.

    Where the server does not offer the extension `websocket.http.response`, the handshake is
    refused by a close (servers answer 403) and the response is dropped.

    Args:
        scope: the WebSocket scope.
        send: the server's send.
        without_extension: send the response even if the server does not offer the extension.
    """
    if without_extension or can_refuse_with_response(scope):

        async def send_response(message: Message) -> None:
            await send({**message, "type": f"websocket.{message['type']}"})

        return send_response

    async def send_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": 1008})

    return send_close
