"""What a WebSocket raises.

    Exception
    ├── WebSocketDisconnect              the connection ended
    │   └── WebSocketDisconnected        it was used after it had ended (also a RuntimeError)
    └── WebSocketException (asgi-types)  close with a code
        ├── UnexpectedMessage            text instead of bytes, or the reverse (also a KeyError)
        ├── MalformedMessage             not JSON (also a ValueError)
        └── InvalidMessage               JSON, but not of the type asked for (also a ValueError)

One `except WebSocketDisconnect` covers every way a connection can end, whichever side or
server detected it.
"""

from __future__ import annotations

from armillary.asgi_types import HTTPException, WebSocketException, reason_phrase
from armillary.exchange import close_code, close_reason
from armillary.serialization import ValidationIssue


class WebSocketDisconnect(Exception):
    """The connection ended: the peer closed it, or it broke; `WebSocketDisconnected` is for use after a known end.

    Args:
        code: the close code: the peer's, 1005 if it gave none, 1006 if the connection
            broke, or the one this side closed with because a limit was exceeded.
        reason: the close reason; empty by default.
    """

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason: str = reason or ""


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


class InvalidMessage(WebSocketException, ValueError):
    """The peer sent JSON that is not of the type asked for; closes with 1008.

    Attributes:
        errors: each place that does not match, as a dict with `path` and `message`. msgspec stops at the first.
    """

    def __init__(self, errors: list[ValidationIssue]) -> None:
        self.errors = errors
        places = "; ".join(f"{error['path']}: {error['message']}" for error in errors)
        super().__init__(1008, f"The message is invalid: {places}")


def closing_of(exc: Exception) -> tuple[int, str]:
    """Return the code and reason that an exception of the handler closes an accepted connection with.

    A `WebSocketException` has its own. An `HTTPException` is 1008 if the client is at fault (4xx), else 1011, with
    its detail. Any other exception is 1011 and says nothing.

    >>> closing_of(HTTPException(404, "no such room"))
    (1008, 'no such room')
    """
    if isinstance(exc, WebSocketException):
        return exc.code, close_reason(exc.reason)
    if isinstance(exc, HTTPException):
        # A detail that is no text, such as a dict, is for the body of a response.
        detail: object = exc.detail
        sentence = detail if isinstance(detail, str) else reason_phrase(exc.status_code, "")
        return close_code(exc.status_code), close_reason(sentence)
    return 1011, ""
