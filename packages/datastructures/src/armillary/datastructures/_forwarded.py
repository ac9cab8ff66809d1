"""The Forwarded header (RFC 7239). Trust it only from your own proxy."""

from collections.abc import Iterator, Sequence
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


def forwarded_hops(lines: Sequence[str]) -> Iterator[Forwarded | None]:
    """Yield the elements of Forwarded headers, the server's side first; None for one that is malformed.

    Each proxy adds its element at the right end, so what a client wrote at the left, such as a quote that is never
    closed, cannot change how a proxy's element is read. Read no further than you trust.

    Args:
        lines: the values of the headers, in the order received.

    >>> [hop and hop.for_ for hop in forwarded_hops(['for="x, for=192.0.2.1;proto=https', "for=10.0.0.1"])]
    ['10.0.0.1', '192.0.2.1', None]
    """
    for line in reversed(lines):
        end = len(line)
        while end >= 0:
            start = _element_start(line, end)
            element = line[start:end].strip(" \t")
            end = start - 1
            if element:
                try:
                    yield _parse_element(element)
                except ValueError:
                    yield None


def _element_start(line: str, end: int) -> int:
    """Return where the element that ends before `end` begins: after the nearest comma outside of quotes.

    Read from the right a quoted string begins at its closing quote. A quote after an odd number of backslashes is
    escaped, and belongs to the string.
    """
    comma = line.rfind(",", 0, end)
    quote = line.rfind('"', comma + 1, end)
    while quote >= 0:
        opening = line.rfind('"', 0, quote)
        while opening > 0 and _is_escaped(line, opening):
            opening = line.rfind('"', 0, opening)
        if opening < 0:  # a quote that never opened: the rest is one malformed element
            return 0
        if comma > opening:  # it is within the quotes
            comma = line.rfind(",", 0, opening)
        quote = line.rfind('"', comma + 1, opening)
    return comma + 1


def _is_escaped(line: str, position: int) -> bool:
    before = position
    while before > 0 and line[before - 1] == "\\":
        before -= 1
    return (position - before) % 2 == 1


def _parse_element(element: str) -> Forwarded:
    found: dict[str, str] = {}
    for pair in split_quoted(element, ";"):
        name, equals, value = pair.partition("=")
        name = name.lower()
        if not equals or not is_token(name) or not (is_token(value) or is_quoted_string(value)) or name in found:
            raise ValueError(f"malformed Forwarded header at {pair!r}")
        found[name] = unquote_string(value)
    return Forwarded(found.get("for"), found.get("by"), found.get("host"), found.get("proto"))
