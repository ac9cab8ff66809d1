"""Detecting a client disconnect while a response is being sent."""

from __future__ import annotations

from functools import lru_cache

from armillary.asgi_types import CachedBody, Receive, Scope

from ._disconnect_poll import MAX_UNREAD
from ._received_body import BodyWatch, shared_body

_BODY_CHECK_SECONDS = 0.1


@lru_cache(16)
def _at_least_2_4(spec_version: str) -> bool:
    try:
        return tuple(map(int, spec_version.split("."))) >= (2, 4)
    except ValueError:
        return False


def send_raises_after_disconnect(scope: Scope) -> bool:
    """Return whether the server's `send` raises `OSError` once the client has disconnected (ASGI HTTP spec 2.4).

    >>> send_raises_after_disconnect({"asgi": {"spec_version": "2.4"}})
    True
    """
    versions = scope.get("asgi")
    return versions is not None and _at_least_2_4(versions.get("spec_version", "2.0"))


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
    while (await receive())["type"] != "http.disconnect":
        pass


def _has_last_message(body: CachedBody) -> bool:
    return len(body.unread) > 0 and not body.unread[-1].get("more_body", False)


async def _receive_for_reader(body: CachedBody, receive: Receive) -> None:
    """Keep the messages of a body until it is complete, too long or being read, or the client disconnects."""
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
