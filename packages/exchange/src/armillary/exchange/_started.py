"""Whether a response has started, asked for any `send`.

A layer that wraps `send` has a tracker there. A part that sends on a `send` that is not its own, as a response
does, records the start in the scope record instead, for that very `send`. What it cannot know is that a layer keeps
the start back: that layer says so, by `withhold_start` until it sends it by `send_withheld_start`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from weakref import ref

from armillary.asgi_types import Message, Scope, Send, find_scope_record, scope_record

from ._state import HTTPExchange, WebSocketExchange, exchange_of
from ._tracked_request import TrackedRequest


def record_response_start(scope: Scope, send: Send) -> None:
    """Record that a response has started on `send`, which may be any callable.

    The callable is held weakly, since it usually refers back to the scope.
    """
    if _tracker_of(send) is not None:
        return
    found: Callable[[], Send | None]
    try:
        found = ref(send)
    except TypeError:  # a builtin or an object with slots
        found = lambda: send  # noqa: E731
    scope_record(scope).setdefault("started_sends", []).append(found)


async def send_whole(
    scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b""
) -> None:
    """Send a whole response; that it has started is recorded if its body cannot be sent."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    try:
        await send({"type": "http.response.body", "body": body})
    except BaseException:
        record_response_start(scope, send)  # a layer that keeps the start back says so
        raise


def withhold_start(scope: Scope) -> None:
    """Record that the start, which parts inside take for sent, was not sent: another response can begin.

    >>> async def send(message): ...
    >>> scope = {"type": "http"}
    >>> record_response_start(scope, send)
    >>> withhold_start(scope)
    >>> has_response_started(scope, send)
    False
    """
    scope_record(scope)["start_withheld"] = True


def pass_start(scope: Scope) -> None:
    """Record that no start is withheld any more."""
    scope_record(scope).pop("start_withheld", None)


async def send_withheld_start(scope: Scope, send: Send, start: Message) -> None:
    """Send a start that was withheld; if a layer outside does not take it, it stays withheld."""
    pass_start(scope)
    try:
        await send(start)
    except Exception:
        withhold_start(scope)
        raise


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
    """Return whether a WebSocket was accepted on `send`, which `track` returned, and not closed."""
    exchange = exchange_of(send)
    return type(exchange) is WebSocketExchange and exchange.open


def _tracker_of(send: Send) -> TrackedRequest | HTTPExchange | WebSocketExchange | None:
    """Return what knows whether a response has started on `send`; None if nothing does."""
    owner: Any = getattr(send, "__self__", None)
    return owner if type(owner) in _TRACKERS else None


_TRACKERS: Final = frozenset((TrackedRequest, HTTPExchange, WebSocketExchange))
