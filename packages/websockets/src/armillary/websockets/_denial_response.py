"""An HTTP response instead of a handshake (ASGI extension `websocket.http.response`)."""

from __future__ import annotations

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send


async def run_denial_response(response: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run `response` on a WebSocket scope, renaming its messages as the extension requires.

    Args:
        response: an ASGI application that responds to HTTP; it gets the scope unchanged.
        scope, receive, send: those of the connection.
    """

    async def send_as_denial_response(message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start" or kind == "http.response.body":
            message = {**message, "type": f"websocket.{kind}"}
        await send(message)

    await response(scope, receive, send_as_denial_response)
