"""Detecting a client disconnect while a response is being sent."""

from __future__ import annotations

from armillary.asgi_types import CachedBody, Receive, Scope

from ._disconnect_poll import MAX_UNREAD
from ._received_body import BodyWatch, receive_of, shared_body

_BODY_CHECK_SECONDS = 0.1


async def until_disconnect(scope: Scope, receive: Receive) -> None:
    """Return when the client has disconnected.

    A request body that the response itself reads, as an echo does, is left to it: its reader
    receives the disconnect. While nobody reads the body, its messages are received here and kept for
    a reader that may come. Of a body that was never read only the first are kept; a longer one is
    dropped and can no longer be read. Of one that was read in part the rest stays with the
    server, so that a client that goes on sending it, and is not read, is not seen to leave.
    """
    body = shared_body(scope, receive)
    while not (body.complete or body.disconnected or _has_last_message(body)):
        if body.receiving:
            from anyio import sleep

            await sleep(_BODY_CHECK_SECONDS)
        else:
            await _receive_for_reader(body, receive)
    if body.disconnected:
        return
    receive = receive_of(body, receive)
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_last_message(body: CachedBody) -> bool:
    return len(body.unread) > 0 and not body.unread[-1].get("more_body", False)


async def _receive_for_reader(body: CachedBody, receive: Receive) -> None:
    """Keep the messages of a body until it is complete, too long or being read, or the client disconnects."""
    receive = receive_of(body, receive)
    watch = body.unread = BodyWatch(body.unread)
    kept = True
    try:
        while not watch.has_reader:
            if len(watch) >= MAX_UNREAD:
                if not body.streaming:
                    kept = False
                    return
                from anyio import sleep

                await sleep(_BODY_CHECK_SECONDS)
                continue
            message = await receive()
            if message["type"] == "http.disconnect":
                body.disconnected = True
                return
            watch.add(message)
            if not message.get("more_body", False):
                return
    finally:
        watch.end(body, kept)
