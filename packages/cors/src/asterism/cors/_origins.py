"""Which origins are allowed. An origin is scheme, host and port, compared as a whole (RFC 6454)."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEFAULT_PORTS = {"http": "80", "https": "443"}


class AllowedOrigins:
    """Origins by name, by a regular expression, or all of them.

    Args:
        origins: such as `["https://example.com", "http://localhost:3000"]`; `["*"]` allows all;
            "null", which sandboxed pages and local files send, only where it is named.
        regex: allows what it matches from start to end.

    Raises:
        TypeError: a string instead of a list.
        ValueError: something that no browser sends as an origin, or a malformed regex.

    Attributes:
        any: whether all are allowed.
        named: the origins allowed by name, as browsers write them.
    """

    def __init__(self, origins: Sequence[str], regex: str | None = None) -> None:
        if isinstance(origins, str):
            raise TypeError(f"allow_origins is a list of origins; write [{origins!r}]")
        self.any = "*" in origins
        self.named = frozenset(canonical(origin) for origin in origins if origin != "*")
        self._matches = None if regex is None else full_match(regex)

    def allow(self, origin: str) -> bool:
        """Tell whether an Origin header names an allowed origin."""
        if self.any or origin in self.named:
            return True
        return self._matches is not None and self._matches(origin) is not None


def full_match(regex: str) -> Callable[[str], object]:
    import re

    try:
        return re.compile(regex).fullmatch
    except re.error as exc:
        raise ValueError(f"allow_origin_regex {regex!r} is not a regular expression: {exc}") from None


def canonical(origin: str) -> str:
    """Return an origin as browsers write it: lower-case and without the scheme's default port."""
    if origin == "null":
        return origin
    scheme, separator, rest = origin.lower().partition("://")
    host, colon, port = rest.rpartition(":")
    if not colon or not all(character in "0123456789" for character in port):
        host, port = rest, ""
    if not (separator and scheme.isalnum() and host) or any(c in "/?#@*" or c.isspace() for c in rest):
        raise ValueError(
            f"allow_origins: {origin!r} is not an origin; write scheme, host and port alone, as in "
            "'https://example.com', and use allow_origin_regex for patterns"
        )
    return f"{scheme}://{host}" if port == DEFAULT_PORTS.get(scheme) or not port else f"{scheme}://{host}:{port}"
