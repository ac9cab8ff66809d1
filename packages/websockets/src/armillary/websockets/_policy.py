"""What differs between the native WebSocket and the drop-in's, in one class.

Each attribute and method is read from the class of the connection, so that a subclass changes it for all of its
connections. `armillary.starlette` overrides all of them but none of anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from json import dumps
from typing import Any

from armillary.asgi_types import EndpointError, Message, check_close_code
from armillary.datastructures import well_formed
from armillary.exchange import OriginPolicy, close_reason
from armillary.serialization import decode_json, json_error, json_form

from ._exceptions import MalformedMessage, UnexpectedMessage
from ._handshake import check_subprotocol
from ._limits import WebSocketLimits


class WebSocketPolicy:
    """The choices of a class of connections; the values here are the native ones."""

    limits: WebSocketLimits = WebSocketLimits()
    """Default limits of every connection of this class."""

    origin_policy: OriginPolicy | None = OriginPolicy(check="session")
    """Which pages may open a connection, asked when it is accepted; None for every page. A policy that decided
    before, such as that of `OriginMiddleware`, is not decided again."""

    closes_after_handler: bool = True
    """Whether `websocket_session` closes a connection that its handler left open, and with 1011 after a failure."""

    needs_denial_response: bool = False
    """Whether `send_denial_response` raises if the server lacks the extension; if not, the rejection is a plain 403."""

    explains_unaccepted: bool = True
    """Whether use before `accept()` has an error of its own; if not, it has that of a closed connection."""

    waits_for_close_code: bool = True
    """Whether a send that fails waits, for a second at most, until the server reports the code that the peer closed
    with; if not, and if none comes, the code is 1006."""

    rejects_results: bool = True
    """Whether it is an error that a handler returns a value, which nobody gets."""

    def check_result(self, handler: Callable[..., Any], result: object) -> None:
        """Check what a handler returned.

        Raises:
            EndpointError: it is a value, and `rejects_results` is on.
        """
        if result is not None and self.rejects_results:
            raise EndpointError(
                handler, f"returned {result!r:.80} for a WebSocket, which nobody gets; send it, as by send_json(...)"
            )

    sends_after_end: bool = False
    """Whether a send after the peer's end goes to the server; if not, it raises."""

    missing_scope_code: int = 1008
    """The code that `requires` closes a connection with that lacks a scope."""

    def too_late_text(self, action: str) -> str:
        """Return what the exception says for a use of a connection that is closed, such as "send"."""
        return f"Cannot {action}: the WebSocket is closed."

    def missing_payload(self, message: Message, expected: str, other: str) -> Any:
        """Return what stands for the payload that a message does not have, or raise.

        Args:
            message: the message.
            expected: "text" or "bytes".
            other: the other one.

        Raises:
            UnexpectedMessage: it has the other one.
            RuntimeError: it has neither.
        """
        if message.get(other) is None:
            raise RuntimeError('Expected "text" or "bytes" in ASGI message "websocket.receive", but got neither')
        raise UnexpectedMessage(expected, other)

    def encode_json(self, data: Any) -> str:
        """Return `data` as compact JSON; NaN and infinities are rejected (RFC 8259 section 6).

        Dates, UUIDs, enums, sets, dataclasses, structs, models and the like are encoded as in a `JSONResponse`.
        """
        text = dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=json_form)
        return text if text.isascii() else well_formed(text)

    def decode_json(self, text: str | bytes) -> Any:
        """Return the value of a JSON text, decoded with the limits of `armillary.serialization`.

        Raises:
            MalformedMessage: it is not JSON (RFC 8259), a number is too large, or it is nested too deeply.
        """
        body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        try:
            return decode_json(body)
        except (ValueError, RecursionError) as exc:
            raise MalformedMessage(json_error(exc, body, "The message").detail) from exc

    def check_data(self, data: Any, method: str) -> None:
        """Reject what `send_text` or `send_bytes` cannot send.

        Raises:
            TypeError: it is of another kind; the message names the method to call.
        """
        is_binary = isinstance(data, (bytes, bytearray, memoryview))
        fitting = "send_text" if isinstance(data, str) else "send_bytes" if is_binary else "send_json"
        if fitting == method:
            return
        takes = "text" if method == "send_text" else "bytes"
        raise TypeError(f"{method} takes {takes}, got {type(data).__name__}; write {fitting}(...)")

    def check_close(self, code: int, reason: str | None) -> str:
        """Return the reason as a close frame carries it; reject a code that it cannot carry.

        Raises:
            TypeError: the reason is not text, or the code is not a number.
            ValueError: the code may not be sent.
        """
        check_close_code(code)
        if reason is not None and not isinstance(reason, str):
            raise TypeError(f"close reason must be text, got {reason!r}; write str(...) around it")
        return close_reason(reason or "")

    def check_subprotocol(self, subprotocol: str, offered: Iterable[str]) -> None:
        """Reject a subprotocol that is not a token or was not offered."""
        check_subprotocol(subprotocol, offered)
