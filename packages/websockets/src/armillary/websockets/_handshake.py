"""Checks on what the application puts into a handshake (RFC 6455)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


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
