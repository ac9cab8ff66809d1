"""The Forwarded header (RFC 7239). Trust it only from your own proxy."""

from __future__ import annotations

from typing import NamedTuple

from ._header_encoding import is_token
from ._quoted import is_quoted_string, split_quoted, unquote_string


class Forwarded(NamedTuple):
    """What one proxy says of the request it passed on. Absent parameters are None.

    Attributes:
        for_: who made the request to the proxy: an address, `unknown`, or an `_obfuscated` name.
        by: the interface that received the request.
        host: the Host header as the proxy received it.
        proto: the scheme the request came in by.
    """

    for_: str | None = None
    by: str | None = None
    host: str | None = None
    proto: str | None = None


def parse_forwarded(header: str) -> list[Forwarded]:
    """Return the elements of a Forwarded header, the client's side first.

    Args:
        header: the value of the header; several headers joined by ", ".

    Raises:
        ValueError: if the header is malformed: an unbalanced quote, a parameter without a
            value, a repeated parameter.

    >>> parse_forwarded('for="[2001:db8::1]:4711";proto=https, for=10.0.0.1')[0].for_
    '[2001:db8::1]:4711'
    """
    return [_parse_element(element) for element in split_quoted(header, ",")]


def _parse_element(element: str) -> Forwarded:
    found: dict[str, str] = {}
    for pair in split_quoted(element, ";"):
        name, equals, value = pair.partition("=")
        name = name.lower()
        if not equals or not is_token(name) or not (is_token(value) or is_quoted_string(value)) or name in found:
            raise ValueError(f"malformed Forwarded header at {pair!r}")
        found[name] = unquote_string(value)
    return Forwarded(found.get("for"), found.get("by"), found.get("host"), found.get("proto"))
