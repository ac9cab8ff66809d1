"""Header lists: pairs of bytes, names in lower case, nothing that ends a line.

Names are tokens of RFC 9110 section 5.6.2, which leaves out the pseudo-headers of HTTP/2 and
HTTP/3 (`:path`); values are those of section 5.5: no CR, LF or NUL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

from ._error import fail
from ._fields import kind_of

_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
_UPPER = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_FORBIDDEN = ((b"\r", "CR"), (b"\n", "LF"), (b"\0", "NUL"))


def _checked_name(where: str, name: object) -> bytes:
    if not isinstance(name, bytes):
        fail(where, f"the header name {name!r} is {kind_of(name)}", "encode names as lower-case bytes")
    if not name:
        fail(where, "a header has an empty name", "give it a name")
    if name.startswith(b":"):
        fail(where, f"{name!r} is a pseudo-header", "leave it out; scope and message keys carry its value")
    for byte in name:
        if byte in _UPPER:
            fail(where, f"the header name {name!r} has upper-case letters", f"send {name.lower()!r}")
        if byte not in _TOKEN:
            fail(where, f"the header name {name!r} holds {bytes([byte])!r}", "use only the characters of a token")
    return name


def _checked_value(where: str, name: bytes, value: object) -> bytes:
    if not isinstance(value, bytes):
        fail(where, f"the value of header {name!r} is {kind_of(value)}", "encode values as bytes")
    for character, label in _FORBIDDEN:
        if character in value:
            fail(where, f"the value of header {name!r} holds {label}", "reject or encode it where it comes in")
    return value


def check_headers(where: str, headers: object) -> list[tuple[bytes, bytes]]:
    """Return the header list as pairs, having checked every name and value."""
    if isinstance(headers, (str, bytes, dict)) or not isinstance(headers, Iterable):
        fail(where, f"'headers' is {kind_of(headers)}", "it must be a list of (name, value) pairs of bytes")
    pairs: list[tuple[bytes, bytes]] = []
    for item in cast("Iterable[object]", headers):
        pair = cast("Sequence[object]", item) if isinstance(item, (list, tuple)) else ()
        if len(pair) != 2:
            fail(where, f"the header {item!r} is not a pair", "each header is (name, value), both bytes")
        name, value = pair
        checked = _checked_name(where, name)
        pairs.append((checked, _checked_value(where, checked, value)))
    return pairs


def is_one_shot(headers: object) -> bool:
    """Return whether `headers` can be read only once."""
    return isinstance(headers, Iterator)
