"""The entry that is logged when a connection ends."""

from __future__ import annotations

from typing import TypedDict

from armillary.asgi_types import ClientDisconnect


class AccessEntry(TypedDict):
    """The attributes of a record, beside those every `LogRecord` has.

    Keys:
        client: the client's address; None if the server knows none.
        method: the request's method; "WEBSOCKET" for a WebSocket.
        path: the decoded path, escaped. The query is left out, since it may hold secrets.
        route: the template of the route, such as "/users/{id:int}"; None if none matched.
        status: the response's status; 101 for an accepted WebSocket; None if there was none, as when an
            exception has left the application and what responds is further out.
        outcome: "complete"; "disconnected" if the client disconnected before the end; "cancelled"; or
            "failed", by an exception or because the application returned without a whole response.
        error: the class of the exception that ended it, as far as it is known.
        response_bytes: bytes of the body, or of WebSocket messages, handed to the server.
        duration: seconds from the request's arrival to that last byte.
        request_id: the request's id; None without one.
        close_code: the code a WebSocket was closed with, by either side; None for a request.
    """

    client: str | None
    method: str
    path: str
    route: str | None
    status: int | None
    outcome: str
    error: str | None
    response_bytes: int
    duration: float
    request_id: str | None
    close_code: int | None


SAMPLE_ENTRY: AccessEntry = {
    "client": None,
    "method": "GET",
    "path": "/",
    "route": None,
    "status": None,
    "outcome": "complete",
    "error": None,
    "response_bytes": 0,
    "duration": 0.0,
    "request_id": None,
    "close_code": None,
}


def check_text(parameter: str, text: str) -> None:
    """Raise a ValueError unless a text of the program's own stays on one line of a log and can be written.

    Args:
        parameter: what it was given as.
        text: printable text; tabs are kept.
    """
    if text.isprintable() or text.replace("\t", "").isprintable():
        return
    raise ValueError(
        f"{parameter} may not contain line breaks, control characters or half a surrogate pair, got {text!a}"
    )


def check_message(message: str) -> None:
    """Raise a ValueError unless the message stays on one line and can be filled in from an entry."""
    try:
        _ = message % {**SAMPLE_ENTRY, "status": 200}
    except (KeyError, TypeError, ValueError) as exc:
        names = ", ".join(SAMPLE_ENTRY)
        raise ValueError(f"message cannot be filled in ({exc!r}); write %(name)s with a name of {names}") from None
    check_text("message", message)


def outcome_of(exc: BaseException, disconnected: bool) -> str:
    """Return the outcome of a connection that ended with an exception.

    Args:
        exc: what the application raised.
        disconnected: whether sending failed because the client disconnected.
    """
    if disconnected or isinstance(exc, ClientDisconnect):
        return "disconnected"
    return "failed" if isinstance(exc, Exception) else "cancelled"
