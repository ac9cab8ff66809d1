"""One HTTP request and its response, as a state machine over the messages.

Response: hints and debug information, then `start`, then any number of body parts of which
the last has `more_body` false, then trailers if `start` promised them. Request: any number
of body parts, then `http.disconnect` for every further `receive`.

Sending after a disconnect is not an error: the specification has servers ignore it (below
2.4) or raise `OSError` (from 2.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from os.path import isabs
from typing import Any

from ._declared_length import DeclaredLength
from ._error import fail
from ._fields import MISSING, check_bytes, check_field, check_flag, check_number, check_text, kind_of
from ._headers import check_headers

_NOT_STARTED, _BODY, _TRAILERS, _COMPLETE = range(4)
_BODILESS_STATUSES = (204, 304)
_EXTENSION_MESSAGES = frozenset(
    {
        "http.response.push",
        "http.response.early_hint",
        "http.response.zerocopysend",
        "http.response.pathsend",
        "http.response.trailers",
        "http.response.debug",
    }
)


class CheckedHTTPExchange:
    """Checks the messages of one HTTP connection scope."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.where = f"http {scope['method']} {scope['path']}"
        self._head = scope["method"] == "HEAD"
        self._extensions: Mapping[str, Any] = scope.get("extensions") or {}
        self._phase = _NOT_STARTED
        self._status = 0
        self._trailers_promised = False
        self._length: DeclaredLength | None = None
        self._body_parts = False
        self._path_sent = False
        self._debug_sent = False
        self._request_complete = False
        self._disconnected = False

    # --- from the server -------------------------------------------------------------------

    def received(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the application."""
        where = f"{self.where}, received {message['type']}"
        if message["type"] == "http.disconnect":
            self._disconnected = True
            return
        if message["type"] != "http.request":
            fail(where, "an http scope receives no such message", "correct the server or the middleware above")
        check_bytes(where, message, "body")
        more = check_flag(where, message, "more_body")
        if self._disconnected:
            fail(where, "it came after http.disconnect", "give http.disconnect again, for every further receive")
        if self._request_complete:
            fail(
                where,
                "the request body was already complete",
                "give http.disconnect, or wait, after the part whose 'more_body' is false",
            )
        self._request_complete = not more

    # --- from the application --------------------------------------------------------------

    def sent(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the server."""
        kind: str = message["type"]
        where = f"{self.where}, sent {kind}"
        check = _HTTP_CHECKS.get(kind)
        if check is None:
            fail(where, "an http scope sends no such message", f"send one of {', '.join(sorted(_HTTP_CHECKS))}")
        if self._phase == _COMPLETE:
            fail(where, "the response was already complete", "send nothing after the last part of a response")
        if kind in _EXTENSION_MESSAGES and kind not in self._extensions:
            fail(where, "the server did not offer this extension", f"look for {kind!r} in scope['extensions'] first")
        check(self, where, message)

    def _start(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase != _NOT_STARTED:
            fail(where, "the response was already started", "send one start for each request")
        status = check_number(where, message, "status", required=True)
        if not 200 <= status <= 599:
            fail(where, f"the status is {status}", "end a request with a status from 200 to 599")
        self._status = status
        headers = check_headers(where, message.get("headers", ()))
        self._trailers_promised = check_flag(where, message, "trailers")
        if self._trailers_promised and "http.response.trailers" not in self._extensions:
            fail(
                where,
                "it promises trailers, which the server did not offer",
                "look for 'http.response.trailers' in scope['extensions'] first",
            )
        self._length = DeclaredLength(self.where, headers)
        if status == 204 and self._length.declared is not None:
            fail(where, "a 204 has a content-length", "leave that header out (RFC 9110 section 8.6)")
        self._phase = _BODY

    def _check_body_phase(self, where: str) -> None:
        if self._phase == _NOT_STARTED:
            fail(where, "the response was not started", "send http.response.start first")
        if self._phase == _TRAILERS:
            fail(where, "the body was already complete", "send the promised http.response.trailers")
        if self._path_sent:
            fail(where, "a file was already sent by its path", "send either one path or body parts")

    def _count(self, where: str, size: int) -> None:
        if size and self._head:
            fail(where, f"the response to HEAD has a body of {size} bytes", "send an empty body")
        if size and self._status in _BODILESS_STATUSES:
            fail(where, f"a {self._status} has a body of {size} bytes", "send an empty body")
        if self._length is not None:
            self._length.count(size)

    def _end_body(self) -> None:
        if self._length is not None and not self._head and self._status not in _BODILESS_STATUSES:
            self._length.finish()
        self._phase = _TRAILERS if self._trailers_promised else _COMPLETE

    def _body(self, where: str, message: Mapping[str, Any]) -> None:
        self._check_body_phase(where)
        body = check_bytes(where, message, "body")
        more = check_flag(where, message, "more_body")
        self._body_parts = True
        self._count(where, len(body))
        if not more:
            self._end_body()

    def _zero_copy(self, where: str, message: Mapping[str, Any]) -> None:
        self._check_body_phase(where)
        file = message.get("file")
        if file is None or (not isinstance(file, int) and not hasattr(file, "fileno")):
            fail(where, f"'file' is {kind_of(file)}", "give a file descriptor or an open file that has one")
        offset = check_number(where, message, "offset")
        count = check_number(where, message, "count")
        more = check_flag(where, message, "more_body")
        for name, value in (("offset", offset), ("count", count)):
            if value is not MISSING and value < 0:
                fail(where, f"{name!r} is {value}", "it must not be negative")
        self._body_parts = True
        if count is MISSING:
            self._reject_file_without_body(where)
            self._uncountable()
        else:
            self._count(where, count)
        if not more:
            self._end_body()

    def _path(self, where: str, message: Mapping[str, Any]) -> None:
        self._check_body_phase(where)
        path = check_text(where, message, "path", required=True)
        if not isabs(path):
            fail(where, f"the path {path!r} is relative", "send an absolute path")
        if self._body_parts:
            fail(where, "body parts were already sent", "send either one path or body parts")
        self._reject_file_without_body(where)
        self._path_sent = True
        self._uncountable()
        self._end_body()

    def _reject_file_without_body(self, where: str) -> None:
        if self._head or self._status in _BODILESS_STATUSES:
            response = "the response to HEAD" if self._head else f"a {self._status}"
            fail(where, f"{response} has a file for a body", "send an empty http.response.body")

    def _uncountable(self) -> None:
        if self._length is not None:
            self._length.countable = False

    def _trailers(self, where: str, message: Mapping[str, Any]) -> None:
        if not self._trailers_promised:
            fail(where, "the start promised no trailers", "set 'trailers' to True in http.response.start")
        if self._phase != _TRAILERS:
            fail(where, "the body is not complete", "send the last body part first")
        check_headers(where, message.get("headers", ()))
        if not check_flag(where, message, "more_trailers"):
            self._phase = _COMPLETE

    def _push(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase == _TRAILERS:
            fail(where, "the body was already complete", "announce resources before the last body part")
        check_text(where, message, "path", required=True)
        check_headers(where, message.get("headers", ()))

    def _early_hint(self, where: str, message: Mapping[str, Any]) -> None:
        if self._body_parts or self._path_sent:
            fail(where, "the body was already started", "send hints before the first body part")
        links = check_field(where, message, "links", (list, tuple), "a list of bytes", required=True)
        for link in links:
            if not isinstance(link, bytes):
                fail(where, f"the link {link!r} is {kind_of(link)}", "encode links as bytes")
            check_headers(where, [(b"link", link)])

    def _debug(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase != _NOT_STARTED:
            fail(where, "the response was already started", "send it before http.response.start")
        if self._debug_sent:
            fail(where, "it was sent before", "send it once, with all the information")
        check_field(where, message, "info", (dict,), "a dict", required=True)
        self._debug_sent = True

    # --- at the end ------------------------------------------------------------------------

    def finished(self) -> None:
        """Check that an application that returned has sent a whole response, unless the client disconnected."""
        if self._disconnected or self._phase == _COMPLETE:
            return
        if self._phase == _NOT_STARTED:
            fail(self.where, "the application returned without a response", "send http.response.start and a body")
        if self._phase == _BODY:
            fail(
                self.where,
                "the application returned before the end of the body",
                "send a last part with 'more_body' false",
            )
        fail(self.where, "the application returned without the trailers it promised", "send http.response.trailers")

    def client_disconnected(self) -> None:
        """Record that the server rejected a message because the client has disconnected."""
        self._disconnected = True


_HTTP_CHECKS = {
    "http.response.start": CheckedHTTPExchange._start,  # pyright: ignore[reportPrivateUsage]
    "http.response.body": CheckedHTTPExchange._body,  # pyright: ignore[reportPrivateUsage]
    "http.response.zerocopysend": CheckedHTTPExchange._zero_copy,  # pyright: ignore[reportPrivateUsage]
    "http.response.pathsend": CheckedHTTPExchange._path,  # pyright: ignore[reportPrivateUsage]
    "http.response.trailers": CheckedHTTPExchange._trailers,  # pyright: ignore[reportPrivateUsage]
    "http.response.push": CheckedHTTPExchange._push,  # pyright: ignore[reportPrivateUsage]
    "http.response.early_hint": CheckedHTTPExchange._early_hint,  # pyright: ignore[reportPrivateUsage]
    "http.response.debug": CheckedHTTPExchange._debug,  # pyright: ignore[reportPrivateUsage]
}
