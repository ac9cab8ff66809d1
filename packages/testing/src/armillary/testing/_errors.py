"""What the clients raise, besides what the application itself raised.

OSError
└── PeerDisconnected       the application sent after the client had disconnected
TimeoutError
└── ApplicationTimeout     the application did not respond within the time limit
Exception
└── WebSocketClosed        the application closed the WebSocket, before or after accepting it
    └── WebSocketRejected  the application rejected the handshake with an HTTP response
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from armillary.asgi_types import ClientDisconnect

if TYPE_CHECKING:
    import httpx

Header = tuple[bytes, bytes]


class PeerDisconnected(OSError):
    """Raised inside the application by `send` once the client has disconnected.

    Servers that follow the HTTP and WebSocket specification 2.4 raise an `OSError` there too.
    """


class ApplicationTimeout(TimeoutError):
    """The application did not do what the client waited for; the message names that."""


class WebSocketClosed(Exception):
    """The application closed the WebSocket.

    Args:
        code: the close code; 1006 if the application returned without closing.
        reason: the reason given, or "".

    >>> str(WebSocketClosed(1008, "no token"))
    '1008: no token'
    """

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        super().__init__(code, reason or "")
        self.code = code
        self.reason: str = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class WebSocketRejected(WebSocketClosed):
    """The application rejected the handshake with an HTTP response, which is in `response`."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(1006, f"rejected with status {response.status_code}")
        self.response = response


class DenialResponse:
    """The HTTP response with which an application rejected the handshake."""

    def __init__(self, status: int, headers: list[Header], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body


def is_consequence_of_disconnect(error: BaseException) -> bool:
    """Return whether the application failed only because its client had disconnected."""
    if isinstance(error, (OSError, ClientDisconnect)):
        return True
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        if isinstance(link, PeerDisconnected):
            return True
        seen.add(id(link))
        link = link.__cause__ or link.__context__
    return False
