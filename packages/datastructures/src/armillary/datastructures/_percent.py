"""Percent-encoding (RFC 3986 section 2.1), on the bytes it is defined for.

`urllib.parse` does the same and more; importing it costs more than this whole package.
"""

from __future__ import annotations

from functools import cache

from ._well_formed import encode_text

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_SUB_DELIMS = b"!$&'()*+,;="

PATH_SAFE = _UNRESERVED + _SUB_DELIMS + b":@/"
"""What is not encoded in a path. `%` is: a decoded path may hold one."""

ENCODED_PATH_SAFE = PATH_SAFE + b"%"
"""What is not encoded in a path that may already be encoded."""

QUERY_SAFE = _UNRESERVED + _SUB_DELIMS + b":@/?%[]{}|\\^`"
"""What is not encoded in a received query: it is encoded already, and browsers send more than the RFC allows."""

USERINFO_SAFE = _UNRESERVED + _SUB_DELIMS + b"%"

_HEX = "0123456789abcdefABCDEF"
_TABLES: dict[bytes, list[str]] = {}


@cache
def _byte_of_hex() -> dict[str, bytes]:
    """Return the byte of each two hexadecimal digits; made at the first use, and never seen half made by a thread."""
    return {a + b: bytes.fromhex(a + b) for a in _HEX for b in _HEX}


def percent_encode(data: bytes, safe: bytes) -> str:
    """Return `data` as ASCII text, with every byte that is not in `safe` written as `%XX`."""
    if not data.translate(None, safe):
        return data.decode("ascii")
    table = _TABLES.get(safe)
    if table is None:
        table = _TABLES[safe] = [chr(byte) if byte in safe else f"%{byte:02X}" for byte in range(256)]
    return "".join([table[byte] for byte in data])


def percent_encode_text(text: str, safe: bytes) -> str:
    """Return `text` in UTF-8, percent-encoded, with U+FFFD for each lone surrogate."""
    data = encode_text(text)
    return percent_encode(data, safe) if data.translate(None, safe) else text


def percent_decode(text: str) -> str:
    """Return `text` with each `%XX` replaced by its byte, read as UTF-8.

    A `%` that no two hexadecimal digits follow is kept; bytes that are not UTF-8 become
    U+FFFD.
    """
    head, *rest = text.split("%")
    if not rest:
        return text
    byte_of_hex = _byte_of_hex()
    parts = [head.encode("utf-8", "surrogatepass")]
    for piece in rest:
        byte = byte_of_hex.get(piece[:2])
        if byte is None:
            parts.append(b"%" + piece.encode("utf-8", "surrogatepass"))
        else:
            parts.append(byte)
            parts.append(piece[2:].encode("utf-8", "surrogatepass"))
    return b"".join(parts).decode("utf-8", "replace")
