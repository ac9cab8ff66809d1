"""What a WebSocket raises.

    Exception
    ├── WebSocketDisconnect              the connection ended
    │   └── WebSocketDisconnected        it was used after it had ended (also a RuntimeError)
    └── WebSocketException (asgi-types)  close with a code
        ├── UnexpectedMessage            text instead of bytes, or the reverse (also a KeyError)
        └── MalformedMessage             not JSON (also a ValueError)

One `except WebSocketDisconnect` covers every way a connection can end, whichever side or
server detected it.
"""

from __future__ import annotations

from armillary.asgi_types import WebSocketException


class WebSocketDisconnect(Exception):
    """The connection ended: the peer closed it, or it broke; `WebSocketDisconnected` is for use after a known end.

    Args:
        code: the close code: the peer's, 1005 if it gave none, 1006 if the connection
            broke, or the one this side closed with because a limit was exceeded.
        reason: the close reason; empty by default.
    """

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}" if self.reason else str(self.code)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(code={self.code!r}, reason={self.reason!r})"


class WebSocketDisconnected(WebSocketDisconnect, RuntimeError):
    """The connection was used after this side closed it or received its end; `WebSocketDisconnect` reports the end.

    Args:
        message: which use came too late.
        code, reason: how the connection ended.
    """

    def __init__(self, message: str = "The WebSocket is closed.", code: int = 1005, reason: str | None = None) -> None:
        super().__init__(code, reason)
        self.message = message

    def __str__(self) -> str:
        return self.message


class UnexpectedMessage(WebSocketException, KeyError):
    """The peer sent text instead of bytes, or the reverse; closes with 1003."""

    def __init__(self, expected: str, got: str) -> None:
        super().__init__(1003, f"Expected a {expected} message, got {got}")


class MalformedMessage(WebSocketException, ValueError):
    """The peer sent something that is not JSON; closes with 1007."""

    def __init__(self, reason: str = "The message is not valid JSON") -> None:
        super().__init__(1007, reason)
