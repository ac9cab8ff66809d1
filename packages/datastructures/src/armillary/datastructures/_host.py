"""The Host header: `uri-host [":" port]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2).

Stricter than the RFC, as browsers and DNS are: a name holds ASCII letters, digits, dot, hyphen
and underscore only. Anything else the RFC would allow is a way to smuggle a delimiter.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NAME_CHARACTERS = frozenset(_LETTERS + _LETTERS.upper() + "0123456789.-_")
_FUTURE_CHARACTERS = frozenset(_LETTERS + _LETTERS.upper() + "0123456789-._~!$&'()*+,;=:")
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_DIGITS = frozenset("0123456789")

MAX_HOST_LENGTH = 300  # 253 characters of name, brackets, and a port with leading zeros

MAX_PORT: Final = 65535
"""The largest port (RFC 9293); a host with another is no server's."""


class ParsedHost(NamedTuple):
    """A well-formed Host header.

    Attributes:
        host: lower-case, an IP literal with its brackets.
        port: the port as a number, None if there is none. The grammar sets no upper bound; a
            port above 65535 belongs to no server.
    """

    host: str
    port: int | None

    @property
    def hostname(self) -> str:
        """The host without the brackets of an IP literal."""
        return self.host[1:-1] if self.host.startswith("[") else self.host

    @property
    def has_usable_port(self) -> bool:
        """Whether a server can listen on the port, if there is one: it is from 1 to 65535."""
        return self.port is None or 0 < self.port <= MAX_PORT


def parse_host(value: str) -> ParsedHost | None:
    """Parse a Host header; None if it is malformed.

    Args:
        value: the header's value, without the header's name.

    Returns:
        Host and port, or None for anything that is not exactly a host and an optional port.

    >>> parse_host("Example.com:8000")
    ParsedHost(host='example.com', port=8000)
    >>> parse_host("example.com/?") is None
    True
    """
    return _parse(value) if len(value) <= MAX_HOST_LENGTH else None


def requested_host(headers: Iterable[tuple[bytes, bytes]]) -> ParsedHost | None:
    """Return the host that a request names: its Host header, if there is exactly one and it is well-formed.

    Args:
        headers: the headers of a scope. Two Host headers are none (RFC 9112 section 3.2).

    >>> requested_host([(b"accept", b"*/*"), (b"host", b"Example.com:8000")])
    ParsedHost(host='example.com', port=8000)
    """
    values = [value for name, value in headers if name == b"host"]
    return parse_host(values[0].decode("latin-1")) if len(values) == 1 else None


@lru_cache(maxsize=256)
def _parse(value: str) -> ParsedHost | None:
    if value.startswith("["):
        end = value.find("]") + 1
        host, rest = value[:end], value[end:]
        valid = end > 0 and _is_ip_literal(host[1:-1])
    else:
        name, colon, port = value.partition(":")
        host, rest = name, colon + port
        valid = bool(host) and _NAME_CHARACTERS.issuperset(host)
    if not valid or (rest and rest[0] != ":") or not _DIGITS.issuperset(rest[1:]):
        return None
    return ParsedHost(host.lower(), int(rest[1:]) if len(rest) > 1 else None)


def _is_ip_literal(text: str) -> bool:
    if text.startswith("v"):
        version, dot, address = text[1:].partition(".")
        return (
            bool(version and dot and address)
            and _HEX_DIGITS.issuperset(version)
            and _FUTURE_CHARACTERS.issuperset(address)
        )
    return "%" not in text and is_ipv6(text)


def is_ipv6(text: str) -> bool:
    """Return whether `text` is an IPv6 address without brackets."""
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True
