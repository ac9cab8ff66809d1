"""Knowing whether an answer has begun.

The note lives in the scope record, so whichever part renders an error sees it.
"""

from __future__ import annotations

from collections.abc import Awaitable

from asterism.asgi_types import Message, ScopeRecord, Send


def note_start(record: ScopeRecord, send: Send) -> Send:
    """Return a `send` that notes in the record when an HTTP response begins.

    Args:
        record: the connection's record, whose `response_started` is set.
        send: the channel messages are passed on to, as they are.
    """

    # Not a coroutine function: the awaitable of `send` is handed through, without a frame of its own.
    def noting_send(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            record["response_started"] = True
        return send(message)

    return noting_send


def note_websocket(record: ScopeRecord, send: Send) -> Send:
    """Return a `send` that notes in the record whether the WebSocket stands open.

    Args:
        record: the connection's record, whose `websocket_open` is set.
        send: the channel messages are passed on to, as they are.
    """

    def noting_send(message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "websocket.accept":
            record["response_started"] = record["websocket_open"] = True
        elif kind == "websocket.close" or kind == "websocket.http.response.start":
            record["response_started"] = True
            record["websocket_open"] = False
        return send(message)

    return noting_send
