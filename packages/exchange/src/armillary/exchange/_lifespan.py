"""The lifespan of an application that another one stands in front of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send


async def run_lifespan(
    app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, close: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Call an application with its lifespan scope, and respond in its place if it does not know lifespans.

    A middleware that starts or closes something of its own calls this, so that it works in front of any callable. An
    application that raises or returns before it has received anything does not know lifespans, as servers take it.

    Args:
        app: the application.
        scope, receive, send: of the lifespan connection.
        close: awaited when the application has shut down, before that is reported to the server.

    Raises:
        Exception: what the application raised after it had received.

    ASGI lifespan specification.
    """
    has_received = False

    async def receive_tracked() -> Message:
        nonlocal has_received
        has_received = True
        return await receive()

    async def close_and_send(message: Message) -> None:
        if close is not None and message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
            await close()
        await send(message)

    try:
        await app(scope, receive_tracked, close_and_send)
    except Exception:
        if has_received:
            raise
    if not has_received:
        await complete_lifespan(receive, close_and_send)


async def complete_lifespan(receive: Receive, send: Send) -> None:
    """Respond to a server's lifespan messages when there is nothing to start or to shut down."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
