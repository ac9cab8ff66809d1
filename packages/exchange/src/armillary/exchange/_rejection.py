"""The one rejection: a short response instead of the application's own, to a request or to a handshake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from armillary.asgi_types import HTTPException, Receive, Scope, Send, find_scope_record, reason_phrase

from ._error_form import prefers_text
from ._started import send_whole

RawHeader = tuple[bytes, bytes]

_DENIAL_EXTENSION: Final = "websocket.http.response"
MAX_REASON_BYTES: Final = 123
BODILESS_STATUSES: Final = frozenset((*range(100, 200), 204, 304))
"""Statuses that never have a body, and so no Content-Length (RFC 9110 sections 6.4.1 and 8.6)."""

TEXT: Final = b"text/plain; charset=utf-8"
PROBLEM: Final = b"application/problem+json"
VARY: Final = (b"vary", b"Accept")


class Rejection:
    """What is sent instead of the application's response; made once, it may be sent any number of times.

    An error, of a status from 400 on, is a problem document (RFC 9457), or its sentence as plain text for a client that
    prefers text/plain or text/html. A WebSocket handshake, and anything that is no error, gets the sentence.

    Args:
        status: the HTTP status.
        detail: a sentence for the client; the body of the text form, unless there is a `body`.
        headers: further headers, names in lower case. A content-type here wins; the length is always that of the body.
        body: other bytes than the sentence, sent whatever the client prefers.
        content_type: of the body; by default plain text in UTF-8.
        close_code: for a WebSocket whose server cannot send a response (RFC 6455 section 7.4.1); servers turn a
            close before the accept into a 403.
        members: of the problem document; by default title and status, and the sentence if it is not the title.

    Attributes:
        is_negotiated: whether the client's preference decides between the forms.

    >>> Rejection(403, "This origin is not allowed.").body
    b'This origin is not allowed.'
    >>> Rejection(403, "This origin is not allowed.").content({"type": "http", "headers": []})[1]
    b'{"title":"Forbidden","status":403,"detail":"This origin is not allowed."}'
    """

    __slots__ = (
        "_body",
        "_content_type",
        "_members",
        "_own",
        "_problem",
        "_text",
        "close_code",
        "detail",
        "is_negotiated",
        "status",
    )

    def __init__(
        self,
        status: int,
        detail: str = "",
        headers: Iterable[RawHeader] = (),
        *,
        body: bytes | None = None,
        content_type: bytes = TEXT,
        close_code: int = 1008,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        self.status: int = status
        self.detail: str = detail
        self.close_code: int = close_code
        self._own: list[RawHeader] = []
        for field in headers:
            if field[0] == b"content-type":
                content_type = b""
            if field[0] != b"content-length":
                self._own.append(field)
        self.is_negotiated: bool = body is None and content_type is TEXT and status >= 400
        self._body = body
        self._content_type = content_type
        self._members = members
        self._text: tuple[list[RawHeader], bytes] | None = None
        self._problem: tuple[list[RawHeader], bytes] | None = None

    @property
    def headers(self) -> list[RawHeader]:
        """The header list of the text form, with the length and type of the body."""
        return self._as_text()[0]

    @property
    def body(self) -> bytes:
        """The bytes of the text form; empty for a status that never has a body."""
        return self._as_text()[1]

    def content(self, scope: Scope) -> tuple[list[RawHeader], bytes]:
        """Return headers and body in the form for a connection. The list is not to be changed.

        Raises:
            TypeError, ValueError: a member has no JSON form.
        """
        if not self.is_negotiated or scope["type"] != "http":
            return self._as_text()
        if prefers_text(scope):
            headers, body = self._as_text()
            return _with_vary(headers), body
        if self._problem is None:
            self._problem = self._as_problem()
        return self._problem

    def _as_text(self) -> tuple[list[RawHeader], bytes]:
        if self._text is None:
            if self.status in BODILESS_STATUSES:
                self._text = self._own, b""
            else:
                body = _encoded(self.detail) if self._body is None else self._body
                self._text = _sized(body, self._content_type, self._own), body
        return self._text

    def _as_problem(self) -> tuple[list[RawHeader], bytes]:
        from armillary.serialization import encode_json

        if self._members is not None:
            body = encode_json(self._members)
        else:
            body = _beginnings.get(self.status) or _beginning(self.status)
            if self.detail and self.detail != reason_phrase(self.status, ""):
                body += b',"detail":' + encode_json(self.detail)
            body += b"}"
        return _sized(body, PROBLEM, _with_vary(self._own)), body


def _beginning(status: int) -> bytes:
    """Return a problem document up to its detail, which is all there is to say about most statuses."""
    from armillary.serialization import encode_json

    title = reason_phrase(status, "")
    members = {"title": title, "status": status} if title else {"status": status}
    return _beginnings.setdefault(status, encode_json(members)[:-1])


_beginnings: dict[int, bytes] = {}


def _sized(body: bytes, content_type: bytes, headers: list[RawHeader]) -> list[RawHeader]:
    sized = [(b"content-length", b"%d" % len(body))]
    if content_type and body:
        sized.append((b"content-type", content_type))
    return sized + headers


def _with_vary(headers: list[RawHeader]) -> list[RawHeader]:
    if not any(name == b"vary" for name, _ in headers):
        return [*headers, VARY]
    from armillary.datastructures import add_list_members

    return add_list_members(headers, b"vary", b"Accept")


def _encoded(detail: str) -> bytes:
    if detail.isascii():
        return detail.encode("ascii")
    from armillary.datastructures import encode_text

    return encode_text(detail)


def rejection_of(exc: HTTPException) -> Rejection:
    """Return the rejection an `HTTPException` stands for: its status, headers and detail.

    A detail of data is a member of a problem document (RFC 9457), whatever the client prefers. A list `errors` of the
    exception becomes a member, and `"more": true` if its attribute `more` says that there are more; a dict `members`
    is the whole document.

    Raises:
        TypeError, ValueError: a header holds CR, LF, NUL or another character that headers cannot have, or the detail
            has no JSON form.
    """
    headers: Iterable[RawHeader] = ()
    # Imported here: a small middleware alone in another application does without.
    if exc.headers:
        from armillary.datastructures import encode_headers

        headers = encode_headers(exc.headers)
    errors: Any = getattr(exc, "errors", None)
    given: Any = getattr(exc, "members", None)
    detail: Any = exc.detail
    members: dict[str, Any]
    if isinstance(given, dict):
        members = cast("dict[str, Any]", given)
    elif isinstance(detail, str) and not isinstance(errors, list):
        return Rejection(exc.status_code, detail, headers)
    else:
        members = {"title": reason_phrase(exc.status_code, ""), "status": exc.status_code, "detail": detail}
        if isinstance(errors, list):
            members["errors"] = errors
            if getattr(exc, "more", False) is True:
                members["more"] = True
    if isinstance(detail, str):
        return Rejection(exc.status_code, detail, headers, members=members)
    from armillary.serialization import encode_json

    title = reason_phrase(exc.status_code, "")
    return Rejection(exc.status_code, title, headers, body=encode_json(members), content_type=PROBLEM)


async def reject(
    scope: Scope, send: Send, rejection: Rejection, receive: Receive | None = None, *, as_text: bool = False
) -> None:
    """Send a rejection.

    A request gets it as its response, in the form that the client prefers; without a body for HEAD, and with
    `Connection: close` if the request has a body that was not read, since a server cannot use the connection again
    before it has read it. A WebSocket handshake is rejected with the sentence as its response if the server offers the
    extension `websocket.http.response`, else it is closed with the rejection's close code.

    Args:
        scope: of type "http" or "websocket".
        send: the connection's; nothing may have been sent on it yet.
        rejection: what to send.
        receive: the connection's. With it a handshake is rejected after its first message has come, and not at all
            if the client has disconnected instead.
        as_text: whether the sentence is sent whatever the client prefers, and to a HEAD too, whose body servers drop.
    """
    sent, body = (rejection.headers, rejection.body) if as_text else rejection.content(scope)
    # Copied, since middleware changes the list of a message in place.
    headers = [*sent]
    if scope["type"] == "websocket":
        if receive is not None and (await receive())["type"] != "websocket.connect":
            return
        if can_reject_with_response(scope):
            await send({"type": "websocket.http.response.start", "status": rejection.status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": rejection.body})
        else:
            reason = close_reason(rejection.detail or reason_phrase(rejection.status, ""))
            await send({"type": "websocket.close", "code": rejection.close_code, "reason": reason})
        return
    if leaves_body_unread(scope) and not any(name == b"connection" for name, _ in headers):
        headers.append((b"connection", b"close"))
    body = b"" if scope.get("method") == "HEAD" and not as_text else body
    await send_whole(scope, send, rejection.status, headers, body)


def can_reject_with_response(scope: Scope) -> bool:
    """Return whether the server offers to reject this handshake with a response."""
    return _DENIAL_EXTENSION in (scope.get("extensions") or ())


def leaves_body_unread(scope: Scope) -> bool:
    """Return whether an HTTP/1 request announces a body that nobody is known to have read to its end."""
    for name, value in scope.get("headers", ()):
        if name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b""):
            break
    else:
        return False
    if scope.get("http_version", "1.1") not in ("1.0", "1.1"):
        return False  # a stream of HTTP/2 ends by itself, and its responses may not name a connection
    record = find_scope_record(scope)
    bodies = () if record is None else record.get("bodies", ())
    return not any(body.complete for body in bodies)


def close_code(status: int) -> int:
    """Return the code that an open WebSocket closes with for a status: 1011 if the server is at fault, else 1008.

    >>> close_code(404), close_code(503)
    (1008, 1011)
    """
    return 1011 if status >= 500 else 1008


def close_reason(text: str) -> str:
    """Return a text as a close frame can carry it: on one line, and cut to 123 bytes at a character.

    >>> close_reason("first\\nsecond")
    'first second'
    """
    if text.isascii() and text.isprintable():
        return text[:MAX_REASON_BYTES]
    from armillary.datastructures import well_formed

    one_line = "".join(character if character.isprintable() else " " for character in well_formed(text))
    return one_line.encode()[:MAX_REASON_BYTES].decode("utf-8", "ignore")
