"""One WebSocket connection, from its handshake to its close, as a state machine.

Server: `connect`, then `receive` once the handshake is accepted, then `disconnect`.
Application: either `accept`, messages and an optional `close`; or `close`; or, if the server
offers the extension, a denial response.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from ._declared_length import DeclaredLength
from ._error import fail
from ._fields import MISSING, check_bytes, check_field, check_flag, check_number
from ._headers import check_headers

_CONNECTING, _OPEN, _REJECTING, _CLOSED = range(4)
_DENIAL_EXTENSION = "websocket.http.response"
# RFC 6455 section 7.4.1: never sent in a close frame.
_RESERVED_CODES = (1004, 1005, 1006, 1015)
# RFC 6455 section 5.5: a control frame carries 125 bytes, two of which are the code.
_MAX_REASON_BYTES = 123


class CheckedWebSocketExchange:
    """Checks the messages of one WebSocket connection scope."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        self.where = f"websocket {scope['path']}"
        self._denial_response_offered = _DENIAL_EXTENSION in (scope.get("extensions") or {})
        self._offered_subprotocols: list[str] = list(scope.get("subprotocols") or ())
        self._phase = _CONNECTING
        self._connected = False
        self._disconnected = False
        self._denial_response_length: DeclaredLength | None = None
        self._denial_response_status = 0

    def received(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the application."""
        kind = message["type"]
        where = f"{self.where}, received {kind}"
        if kind == "websocket.connect":
            if self._connected:
                fail(where, "the connection was already announced", "give it once, first")
            self._connected = True
        elif kind == "websocket.receive":
            self._check_frame(where, message)
            if self._phase == _CONNECTING:
                fail(where, "the handshake is not accepted", "wait for websocket.accept")
            if self._disconnected:
                fail(where, "it came after websocket.disconnect", "give nothing after the disconnect")
        elif kind == "websocket.disconnect":
            check_number(where, message, "code")
            check_field(where, message, "reason", (str, NoneType), "a str or None")
            self._disconnected = True
        else:
            fail(where, "a websocket scope receives no such message", "correct the server or the middleware above")

    def sent(self, message: Mapping[str, Any]) -> None:
        """Check a message on its way to the server."""
        kind: str = message["type"]
        where = f"{self.where}, sent {kind}"
        check = _WEBSOCKET_CHECKS.get(kind)
        if check is None:
            fail(where, "a websocket scope sends no such message", f"send one of {', '.join(_WEBSOCKET_CHECKS)}")
        if self._phase == _CLOSED:
            fail(where, "the connection was already closed or rejected", "send nothing after that")
        if self._phase == _REJECTING and kind != f"{_DENIAL_EXTENSION}.body":
            fail(where, "the handshake is being rejected", "send only the rest of the denial response's body")
        check(self, where, message)

    def _check_frame(self, where: str, message: Mapping[str, Any]) -> None:
        text = check_field(where, message, "text", (str, NoneType), "a str or None")
        data = check_field(where, message, "bytes", (bytes, NoneType), "a bytes object or None")
        present = [value for value in (text, data) if value is not MISSING and value is not None]
        if len(present) != 1:
            problem = "both 'text' and 'bytes' are set" if present else "neither 'text' nor 'bytes' is set"
            fail(where, problem, "set exactly one of the two")

    def _accept(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase != _CONNECTING:
            fail(where, "the handshake was already accepted", "send it once")
        subprotocol = check_field(where, message, "subprotocol", (str, NoneType), "a str or None")
        if isinstance(subprotocol, str) and subprotocol not in self._offered_subprotocols:
            offered = ", ".join(map(repr, self._offered_subprotocols)) or "nothing"
            fail(where, f"the client did not offer the subprotocol {subprotocol!r}", f"it offered {offered}")
        for name, _ in check_headers(where, message.get("headers", ())):
            if name == b"sec-websocket-protocol":
                fail(where, "a sec-websocket-protocol header is set", "use the key 'subprotocol'")
        self._phase = _OPEN

    def _send(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase == _CONNECTING:
            fail(where, "the handshake is not accepted", "send websocket.accept first")
        self._check_frame(where, message)

    def _close(self, where: str, message: Mapping[str, Any]) -> None:
        code = check_number(where, message, "code")
        if code is not MISSING and (not 1000 <= code <= 4999 or code in _RESERVED_CODES):
            fail(where, f"the close code is {code}", "use one of RFC 6455 section 7.4, such as 1000, or 3000 to 4999")
        reason = check_field(where, message, "reason", (str, NoneType), "a str or None")
        if isinstance(reason, str):
            size = len(reason.encode("utf-8", "surrogatepass"))
            if size > _MAX_REASON_BYTES:
                fail(where, f"the reason has {size} bytes", f"keep it to {_MAX_REASON_BYTES} bytes of UTF-8")
        self._phase = _CLOSED

    def _denial_response_start(self, where: str, message: Mapping[str, Any]) -> None:
        if not self._denial_response_offered:
            fail(
                where,
                "the server did not offer this extension",
                f"look for {_DENIAL_EXTENSION!r} in scope['extensions'] first",
            )
        if self._phase != _CONNECTING:
            fail(where, "the handshake was already accepted", "close the connection instead")
        status = check_number(where, message, "status", required=True)
        if not 200 <= status <= 599:
            fail(where, f"the status is {status}", "reject with a status from 200 to 599")
        self._denial_response_status = status
        self._denial_response_length = DeclaredLength(self.where, check_headers(where, message.get("headers", ())))
        self._phase = _REJECTING

    def _denial_response_body(self, where: str, message: Mapping[str, Any]) -> None:
        if self._phase != _REJECTING or self._denial_response_length is None:
            fail(where, "the denial response was not started", f"send {_DENIAL_EXTENSION}.start first")
        body = check_bytes(where, message, "body")
        more = check_flag(where, message, "more_body")
        if body and self._denial_response_status in (204, 304):
            fail(where, f"a {self._denial_response_status} has a body of {len(body)} bytes", "send an empty body")
        self._denial_response_length.count(len(body))
        if not more:
            if self._denial_response_status not in (204, 304):
                self._denial_response_length.finish()
            self._phase = _CLOSED

    def finished(self) -> None:
        """Check that an application that returned has accepted or rejected the handshake."""
        if self._disconnected:
            return
        if self._phase == _CONNECTING:
            fail(
                self.where,
                "the application returned without accepting or rejecting the handshake",
                "send websocket.accept or websocket.close",
            )
        if self._phase == _REJECTING:
            fail(
                self.where,
                "the application returned before the end of the denial response",
                "send a last part of its body",
            )

    def client_disconnected(self) -> None:
        """Record that the server rejected a message because the client has disconnected."""
        self._disconnected = True


_WEBSOCKET_CHECKS = {
    "websocket.accept": CheckedWebSocketExchange._accept,  # pyright: ignore[reportPrivateUsage]
    "websocket.send": CheckedWebSocketExchange._send,  # pyright: ignore[reportPrivateUsage]
    "websocket.close": CheckedWebSocketExchange._close,  # pyright: ignore[reportPrivateUsage]
    "websocket.http.response.start": CheckedWebSocketExchange._denial_response_start,  # pyright: ignore[reportPrivateUsage]
    "websocket.http.response.body": CheckedWebSocketExchange._denial_response_body,  # pyright: ignore[reportPrivateUsage]
}
