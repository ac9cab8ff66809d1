"""Checking, without waiting, whether the client has disconnected."""

from __future__ import annotations

from armillary.asgi_types import CachedBody, Message, Receive

from ._received_body import BodyWatch

MAX_UNREAD = 16
"""Messages of an unread body kept while polling; a client that sends more is connected."""


async def poll_disconnect(body: CachedBody, receive: Receive) -> None:
    """Take the messages that are already available.

    A disconnect is recorded in `body`; parts of the request body are kept there to be read. Does
    nothing if another task already waits for the disconnect.
    """
    if isinstance(body.unread, BodyWatch):
        return
    if body.look_ahead is None:
        from armillary.concurrency import LookAhead

        body.look_ahead = LookAhead(receive)
    while not body.disconnected and len(body.unread) < MAX_UNREAD:
        message: Message | None = await body.look_ahead.look()
        if message is None:
            return
        if message["type"] == "http.disconnect":
            body.disconnected = True
        else:
            body.unread = (*body.unread, message)
