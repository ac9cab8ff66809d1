"""Whether a response has started, tracked for each `send`.

A connection may have several responses: an application that tries others discards what they
send on its own channels. So a start is tracked per channel and never per connection. A part that
wraps `send` anyway tracks it there, by `track_start` or `track_websocket`; a part that sends on
an unwrapped channel records it in the scope record, by `record_response_start`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ._application import Message, Scope, Send
from ._record import find_scope_record, scope_record


class _ResponseStartTracker:
    __slots__ = ("open", "send_on", "started")

    def __init__(self, send: Send) -> None:
        self.send_on = send
        self.started = False
        self.open = False

    # Not coroutine functions: the awaitable of `send` is returned as it is, without another frame.

    def send(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.started = True
        return self.send_on(message)

    def send_websocket(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "websocket.accept":
            self.started = self.open = True
        elif kind == "websocket.close" or kind == "websocket.http.response.start":
            self.started = True
            self.open = False
        return self.send_on(message)


def track_start(send: Send) -> Send:
    """Return a `send` that records when an HTTP response starts on it.

    Args:
        send: the channel messages are passed on to, as they are.
    """
    return _ResponseStartTracker(send).send


def track_websocket(send: Send) -> Send:
    """Return a `send` that records when a handshake is accepted or rejected, and whether the WebSocket is open.

    Args:
        send: the channel messages are passed on to, as they are.
    """
    return _ResponseStartTracker(send).send_websocket


def _tracker_of(send: Send) -> _ResponseStartTracker | None:
    owner: Any = getattr(send, "__self__", None)
    return owner if type(owner) is _ResponseStartTracker else None


def record_response_start(scope: Scope, send: Send) -> None:
    """Record that a response has started on `send`, which may be any channel.

    The channel is held weakly, since it usually refers back to the scope.
    """
    if _tracker_of(send) is not None:
        return
    from weakref import ref

    found: Callable[[], Send | None]
    try:
        found = ref(send)
    except TypeError:
        found = lambda: send  # noqa: E731
    scope_record(scope).setdefault("started_sends", []).append(found)


def has_response_started(scope: Scope, send: Send) -> bool:
    """Return whether a response has started on `send`, so that no other can be sent on it.

    >>> async def send(message): ...
    >>> scope = {"type": "http"}
    >>> record_response_start(scope, send)
    >>> has_response_started(scope, send)
    True
    """
    record = find_scope_record(scope)
    tracker = _tracker_of(send)
    if tracker is not None:
        started = tracker.started
    else:
        started = record is not None and any(known() is send for known in record.get("started_sends", ()))
    return started and not (record is not None and record.get("start_withheld", False))


def is_websocket_open(send: Send) -> bool:
    """Return whether a WebSocket was accepted on `send`, which `track_websocket` returned, and not closed."""
    tracker = _tracker_of(send)
    return tracker is not None and tracker.open
