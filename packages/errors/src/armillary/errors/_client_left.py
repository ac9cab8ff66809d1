"""Whether an exception means that the client has left, which is no error of the application."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, cast

from armillary.asgi_types import ClientDisconnect, Message, Scope

from ._frames import steps_of

SENT_TYPES: Final = (
    "http.response.",
    "websocket.accept",
    "websocket.send",
    "websocket.close",
    "websocket.http.response.",
)
CONNECTION_ENDED: Final = frozenset(
    (
        None,  # a server's own subclass of OSError
        errno.EPIPE,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ENOTCONN,
        errno.ESHUTDOWN,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
    )
)


def has_client_left(exc: Exception, scope: Scope) -> bool:
    """Return whether an exception says that the client has left.

    A `send` raises a subclass of `OSError` then (ASGI HTTP and WebSocket specifications 2.4): a server's own, or that
    of its socket. Any other, as of a file that a middleware writes while it sends, is told apart by its number, and one
    of the application's own connections by its traceback: it does not pass through a `send`.
    """
    if scope["type"] == "websocket":
        from armillary.websockets import WebSocketDisconnect

        if isinstance(exc, WebSocketDisconnect):
            return True
    elif isinstance(exc, ClientDisconnect):
        return True
    if type(exc) is OSError and exc.errno is None:
        return False
    if not isinstance(exc, OSError) or exc.errno not in CONNECTION_ENDED:
        return False
    return any(is_send(step.tb_frame) for step in steps_of(exc))


def is_send(frame: FrameType) -> bool:
    """Return whether a frame is that of a function called with a message that applications send."""
    return any(isinstance(value, dict) and is_sent(cast(Message, value)) for value in arguments_of(frame))


def is_sent(message: Message) -> bool:
    """Return whether a message is one that applications send."""
    return str(message.get("type")).startswith(SENT_TYPES)


def arguments_of(frame: FrameType) -> Iterator[Any]:
    """Yield the positional arguments of a call."""
    values = frame.f_locals
    for name in frame.f_code.co_varnames[: frame.f_code.co_argcount]:
        yield values.get(name)
