"""The messages of ASGI 3 and of its published extensions.

`...Event` names follow the spec; those an application receives are gathered in `ReceiveEvent`,
those it sends in `SendEvent`. Header names are lower-case bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any, Literal, NotRequired, TypeAlias, TypedDict


class HTTPRequestEvent(TypedDict):
    """A part of the request body; the last has `more_body` false or absent."""

    type: Literal["http.request"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


class HTTPDisconnectEvent(TypedDict):
    """The client disconnected, or the response is complete."""

    type: Literal["http.disconnect"]


class HTTPResponseStartEvent(TypedDict):
    """Status and headers. With `trailers` true, a trailers message must end the response."""

    type: Literal["http.response.start"]
    status: int
    headers: NotRequired[Iterable[tuple[bytes, bytes]]]
    trailers: NotRequired[bool]


class HTTPResponseBodyEvent(TypedDict):
    """A part of the response body; the last has `more_body` false or absent."""

    type: Literal["http.response.body"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


class HTTPResponsePushEvent(TypedDict):
    """Extension `http.response.push`: announce a resource the client will ask for."""

    type: Literal["http.response.push"]
    path: str
    headers: Iterable[tuple[bytes, bytes]]


class HTTPResponseEarlyHintEvent(TypedDict):
    """Extension `http.response.early_hint`: `Link` values sent as a 103 before the response (RFC 8297)."""

    type: Literal["http.response.early_hint"]
    links: Iterable[bytes]


class HTTPResponseZeroCopySendEvent(TypedDict):
    """Extension `http.response.zerocopysend`: send from an open file.

    `offset` in bytes from its start (default: its present position), `count` in bytes (default:
    to its end).
    """

    type: Literal["http.response.zerocopysend"]
    file: IO[bytes] | int
    offset: NotRequired[int]
    count: NotRequired[int]
    more_body: NotRequired[bool]


class HTTPResponsePathsendEvent(TypedDict):
    """Extension `http.response.pathsend`: send the whole file at an absolute path."""

    type: Literal["http.response.pathsend"]
    path: str


class HTTPResponseTrailersEvent(TypedDict):
    """Extension `http.response.trailers`: headers after the body."""

    type: Literal["http.response.trailers"]
    headers: Iterable[tuple[bytes, bytes]]
    more_trailers: NotRequired[bool]


class HTTPResponseDebugEvent(TypedDict):
    """Extension `http.response.debug`: facts for a test client, such as the template rendered."""

    type: Literal["http.response.debug"]
    info: dict[str, Any]


class WebSocketConnectEvent(TypedDict):
    """The handshake arrived; accept or close."""

    type: Literal["websocket.connect"]


class WebSocketAcceptEvent(TypedDict):
    """Complete the handshake."""

    type: Literal["websocket.accept"]
    subprotocol: NotRequired[str | None]
    headers: NotRequired[Iterable[tuple[bytes, bytes]]]


class WebSocketReceiveEvent(TypedDict):
    """A message from the peer: exactly one of `bytes` and `text` is not None."""

    type: Literal["websocket.receive"]
    bytes: NotRequired[bytes | None]
    text: NotRequired[str | None]


class WebSocketSendEvent(TypedDict):
    """A message to the peer: exactly one of `bytes` and `text` is not None."""

    type: Literal["websocket.send"]
    bytes: NotRequired[bytes | None]
    text: NotRequired[str | None]


class WebSocketDisconnectEvent(TypedDict):
    """The connection ended; `code` 1005 means that none was given, 1006 that it broke."""

    type: Literal["websocket.disconnect"]
    code: NotRequired[int]
    reason: NotRequired[str | None]


class WebSocketCloseEvent(TypedDict):
    """Close with a code (default 1000); before accept, reject the handshake with a 403."""

    type: Literal["websocket.close"]
    code: NotRequired[int]
    reason: NotRequired[str | None]


class WebSocketResponseStartEvent(TypedDict):
    """Extension `websocket.http.response`: reject the handshake with this status and these headers."""

    type: Literal["websocket.http.response.start"]
    status: int
    headers: NotRequired[Iterable[tuple[bytes, bytes]]]


class WebSocketResponseBodyEvent(TypedDict):
    """Extension `websocket.http.response`: a part of the denial response's body."""

    type: Literal["websocket.http.response.body"]
    body: NotRequired[bytes]
    more_body: NotRequired[bool]


class LifespanStartupEvent(TypedDict):
    """The event loop runs; open what the application needs."""

    type: Literal["lifespan.startup"]


class LifespanShutdownEvent(TypedDict):
    """The server stopped taking connections; close what was opened."""

    type: Literal["lifespan.shutdown"]


class LifespanStartupCompleteEvent(TypedDict):
    """Ready for connections."""

    type: Literal["lifespan.startup.complete"]


class LifespanStartupFailedEvent(TypedDict):
    """Start-up failed; the server logs `message` and exits."""

    type: Literal["lifespan.startup.failed"]
    message: NotRequired[str]


class LifespanShutdownCompleteEvent(TypedDict):
    """Everything is closed."""

    type: Literal["lifespan.shutdown.complete"]


class LifespanShutdownFailedEvent(TypedDict):
    """Shutdown failed; the server logs `message`."""

    type: Literal["lifespan.shutdown.failed"]
    message: NotRequired[str]


ReceiveEvent: TypeAlias = (
    HTTPRequestEvent
    | HTTPDisconnectEvent
    | WebSocketConnectEvent
    | WebSocketReceiveEvent
    | WebSocketDisconnectEvent
    | LifespanStartupEvent
    | LifespanShutdownEvent
)

SendEvent: TypeAlias = (
    HTTPResponseStartEvent
    | HTTPResponseBodyEvent
    | HTTPResponsePushEvent
    | HTTPResponseEarlyHintEvent
    | HTTPResponseZeroCopySendEvent
    | HTTPResponsePathsendEvent
    | HTTPResponseTrailersEvent
    | HTTPResponseDebugEvent
    | WebSocketAcceptEvent
    | WebSocketSendEvent
    | WebSocketCloseEvent
    | WebSocketResponseStartEvent
    | WebSocketResponseBodyEvent
    | LifespanStartupCompleteEvent
    | LifespanStartupFailedEvent
    | LifespanShutdownCompleteEvent
    | LifespanShutdownFailedEvent
)
