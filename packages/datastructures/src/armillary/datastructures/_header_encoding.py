"""Header names and values as they go on the wire (RFC 9110 sections 5.1 and 5.5).

A name is a token. A value is latin-1 text without control characters, tab excepted: CR, LF and
NUL would end the header or the message, so they never leave here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CONTROLS = frozenset(map(chr, (*range(0x09), *range(0x0A, 0x20), 0x7F)))

# The wire form of names seen so far. Bounded, since an application may be made to look up anything.
_NAMES: dict[str, bytes] = {}
_MAX_NAMES = 1024
_MAX_NAME_LENGTH = 64


class HeaderTypeError(TypeError, AttributeError):
    """A header is no text, or headers are no mapping: a `TypeError`, and an `AttributeError` as Python has for it."""


def is_token(text: str) -> bool:
    """Return whether `text` is a token of RFC 9110 section 5.6.2.

    >>> is_token("text"), is_token("no spaces")
    (True, False)
    """
    return bool(text) and _TOKEN.issuperset(text)


def encode_name(name: str) -> bytes:
    """Return a header name in lower-case bytes; `ValueError` if it is no token."""
    encoded = _NAMES.get(name)
    if encoded is not None:
        return encoded
    if not isinstance(name, str):
        raise HeaderTypeError(f"a header name must be str, not {type(name).__name__}: {name!r}")
    if not is_token(name):
        raise ValueError(f"invalid header name {name!r}: only the token characters of RFC 9110 are allowed")
    encoded = name.lower().encode("ascii")
    if len(_NAMES) < _MAX_NAMES and len(name) <= _MAX_NAME_LENGTH:
        _NAMES[name] = encoded
    return encoded


def lookup_name(name: object) -> bytes | None:
    """Return the wire form to compare received names with; None for what no header can be called."""
    if type(name) is str:
        known = _NAMES.get(name)
        if known is not None:
            return known
    try:
        return encode_name(name)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def encode_value(name: str, value: str) -> bytes:
    """Return a header value in latin-1; `ValueError` naming the header if it cannot be sent."""
    try:
        # Printable text holds no control character, and this one call is the whole cost of most values.
        if not value.isprintable() and not _CONTROLS.isdisjoint(value):
            raise ValueError(f"header {name!r} holds a control character (CR, LF, NUL or another): {value!r}")
        return value.encode("latin-1")
    except UnicodeEncodeError as exc:
        exc.reason = f"header {name!r} is not latin-1 text; encode it first: {value!r}"
        raise
    except AttributeError:
        raise HeaderTypeError(f"header {name!r} must be str, not {type(value).__name__}: {value!r}") from None


def encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    """Return one header as an ASGI message carries it: lower-case name and latin-1 value.

    Args:
        name: a token, in any case.
        value: latin-1 text without control characters.

    Raises:
        ValueError: naming the header, for CR, LF, NUL or anything else that cannot be sent.
        TypeError: when name or value is not text.

    >>> encode_header("Content-Type", "text/plain")
    (b'content-type', b'text/plain')
    """
    return encode_name(name), encode_value(name, value)


_NO_MAPPINGS: Final = (str, bytes, list, tuple)


def encode_headers(headers: Mapping[str, str] | None) -> list[tuple[bytes, bytes]]:
    """Return a mapping as a new list of raw headers; an empty list for None.

    Raises:
        ValueError: naming the header that cannot be sent.

    >>> encode_headers({"Allow": "GET"})
    [(b'allow', b'GET')]
    """
    if headers is None:
        return []
    if isinstance(headers, _NO_MAPPINGS):
        kind = type(headers).__name__
        hint = "write a dict; `append` adds a second one"
        hint = "write a dict; the type of a body is media_type=..." if kind in ("str", "bytes") else hint
        raise HeaderTypeError(f"headers takes a mapping, not a {kind}: {hint}")
    return [(encode_name(name), encode_value(name, value)) for name, value in headers.items()]
