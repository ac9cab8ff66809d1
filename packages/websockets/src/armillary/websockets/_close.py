"""An application that only closes the connection."""

from __future__ import annotations

from armillary.asgi_types import Receive, Scope, Send, check_close_code
from armillary.exchange import close_reason


class WebSocketClose:
    """An ASGI application that closes each WebSocket; before accept the response is 403.

    Args:
        code: a close code of RFC 6455 section 7.4.
        reason: at most 123 bytes of UTF-8, on one line.

    Raises:
        TypeError: the code is not a number.
        ValueError: the code may not be sent, or the reason does not fit.
    """

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason: str = reason or ""
        self.check()

    def check(self) -> None:
        """Reject what a close frame cannot carry."""
        check_close_code(self.code)
        if close_reason(self.reason) != self.reason:
            raise ValueError(f"close reason must be one line of at most 123 bytes of UTF-8, got {self.reason!r}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the close message."""
        await send({"type": "websocket.close", "code": self.code, "reason": self.reason})
