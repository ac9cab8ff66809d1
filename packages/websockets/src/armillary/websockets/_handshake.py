"""Checks on what the application puts into a handshake or a close frame (RFC 6455)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

MAX_REASON_BYTES: Final = 123
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_UNSENDABLE: Final = frozenset({1004, 1005, 1006, 1015})
_FORBIDDEN: Final = ("\r", "\n", "\0")


def check_subprotocol(subprotocol: str, offered: Iterable[str] | None) -> None:
    """Reject a subprotocol that is not a token, or that the client did not offer (section 4.2.2).

    Args:
        subprotocol: the one the application chose.
        offered: those of the client; None skips that check.

    >>> check_subprotocol("chat", ["chat", "superchat"])
    """
    if not subprotocol or not _TOKEN.issuperset(subprotocol):
        raise ValueError(f"subprotocol must be an RFC 9110 token such as 'chat', got {subprotocol!r}")
    if offered is not None and subprotocol not in offered:
        raise ValueError(
            f"subprotocol {subprotocol!r} was not offered by the client; choose one of websocket['subprotocols']"
        )


def check_close(code: int, reason: str) -> None:
    """Reject a code that may not be sent, and a reason that does not fit (sections 5.5.1 and 7.4).

    >>> check_close(1000, "done")
    """
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in _UNSENDABLE:
        raise ValueError(
            f"close code {code!r} may not be sent; use 1000 to 1003, 1007 to 1014, or 3000 to 4999 for your own"
        )
    for character in _FORBIDDEN:
        if character in reason:
            raise ValueError(f"close reason must not contain CR, LF or NUL, got {reason!r}")
    if len(reason) > MAX_REASON_BYTES or len(reason.encode("utf-8", "replace")) > MAX_REASON_BYTES:
        raise ValueError(f"close reason must fit in {MAX_REASON_BYTES} bytes of UTF-8, got {reason!r}")


def handshake_headers(
    headers: Mapping[str, str] | Iterable[tuple[bytes, bytes]] | None,
) -> list[tuple[bytes, bytes]]:
    """Return the extra headers of an accept as lower-case bytes.

    Raises:
        ValueError: a name or value holds CR, LF or NUL, or the subprotocol is given as a header.
    """
    if not headers:
        return []
    if isinstance(headers, Mapping):
        from armillary.datastructures import encode_headers

        encoded = encode_headers(cast("Mapping[str, str]", headers))
    else:
        encoded = [(name.lower(), value) for name, value in headers]
    for name, value in encoded:
        if not name or any(byte in name or byte in value for byte in (b"\r", b"\n", b"\0")):
            raise ValueError(f"header {name!r} must not be empty or contain CR, LF or NUL, got the value {value!r}")
        if name == b"sec-websocket-protocol":
            raise ValueError("pass the subprotocol as accept(subprotocol=...), not as a header")
    return encoded
