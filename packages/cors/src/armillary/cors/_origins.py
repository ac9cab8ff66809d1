"""Which origins are allowed. An origin is scheme, host and port, compared as a whole (RFC 6454)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

DEFAULT_PORTS = {"http": "80", "https": "443"}


class AllowedOrigins:
    """Origins by name, by a regular expression, or all of them.

    Args:
        origins: such as `["https://example.com", "http://localhost:3000"]`; `["*"]` allows all;
            "null", which sandboxed pages and local files send, only if it is named.
        regex: allows what it matches from start to end, "null" excepted.

    Raises:
        TypeError: a string instead of a list, or bytes instead of text.
        ValueError: something that no browser sends as an origin, or a malformed regex.

    Attributes:
        any: whether all are allowed.
        allows_foreign: whether all are, by name or by a regex that matches any host.
        named: the origins allowed by name, as browsers write them.
    """

    regex_may_allow_null: ClassVar[bool] = False
    """Whether a regex that matches "null" allows it, which allows sandboxed frames of every site."""

    def __init__(self, origins: Sequence[str], regex: str | None = None) -> None:
        if isinstance(origins, str):
            raise TypeError(f"allow_origins is a list of origins; write [{origins!r}]")
        if not isinstance(regex, str | None):
            raise TypeError(f"allow_origin_regex is text, got {regex!r}")
        named = list(origins)
        self.any = "*" in named
        self.named = frozenset(canonical(origin) for origin in named if origin != "*")
        self._matches = None if regex is None else full_match(regex)
        self.allows_foreign = self.any or any(map(self.allow, foreign_origins()))

    def allow(self, origin: str) -> bool:
        """Return whether an Origin header names an allowed origin."""
        if self.any or origin in self.named:
            return True
        if self._matches is None or (origin == "null" and not self.regex_may_allow_null):
            return False
        # An allowed origin is sent back in a header.
        return self._matches(origin) is not None and origin.isprintable() and " " not in origin


def foreign_origins() -> list[str]:
    """Return origins that nobody has named: of random hosts below the usual top-level domains."""
    from os import urandom

    host = f"x{urandom(12).hex()}"
    return [f"{scheme}://{host}{ending}" for scheme in ("https", "http") for ending in ("", ".com", ".net", ".org")]


def full_match(regex: str) -> Callable[[str], object]:
    import re

    try:
        return re.compile(regex).fullmatch
    except re.error as exc:
        raise ValueError(f"allow_origin_regex {regex!r} is not a regular expression: {exc}") from None


def canonical(origin: str) -> str:
    """Return an origin as browsers write it: lower-case and without the scheme's default port."""
    if not isinstance(origin, str):
        raise TypeError(f"allow_origins: {origin!r} is not text")
    if origin == "null":
        return origin
    if not origin.isascii():
        raise ValueError(f"allow_origins: write {origin!r} as browsers send it, its name beginning with 'xn--'")
    import re

    parts = re.fullmatch(
        r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(?P<port>\d*))?", origin.lower()
    )
    if parts is None:
        raise ValueError(
            f"allow_origins: {origin!r} is not an origin; write scheme, host and port alone, as in "
            "'https://example.com', and use allow_origin_regex for patterns"
        )
    scheme, host, port = parts.group("scheme", "host", "port")
    return f"{scheme}://{host}" if port == DEFAULT_PORTS.get(scheme) or not port else f"{scheme}://{host}:{port}"
