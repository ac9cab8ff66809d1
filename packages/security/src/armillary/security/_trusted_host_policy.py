"""Which Host headers are allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from armillary.datastructures import MAX_PORT, parse_host

Decision = Literal["allow", "redirect", "reject"]


class TrustedHostPolicy:
    """Exact names, `*.example.com` for every name below one, or `*` for all.

    Args:
        allowed_hosts: names without ports, IP literals in brackets; case is ignored.
        www_redirect: whether `example.com` is redirected if only `www.example.com` is allowed.

    Raises:
        TypeError: a single string instead of a list of them.
        ValueError: a pattern with a `*` anywhere but at its start, or that is not a host.
    """

    max_port: ClassVar[int | None] = MAX_PORT
    """The largest port a Host header may name; None for any."""

    takes_text: ClassVar[bool] = False
    """Whether a string is taken as a list of its characters, else it is an error."""

    def __init__(self, allowed_hosts: Sequence[str], www_redirect: bool = True) -> None:
        if isinstance(allowed_hosts, str) and not self.takes_text:
            raise TypeError(f"allowed_hosts is a list of names; write [{allowed_hosts!r}]")
        self.allow_any: bool = "*" in allowed_hosts
        for pattern in allowed_hosts:
            self.check_pattern(pattern)
        names = [pattern.lower() for pattern in allowed_hosts if pattern != "*"]
        self._exact = frozenset(name for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._www = frozenset(name[4:] for name in self._exact if name.startswith("www.")) if www_redirect else ()

    def decide(self, hosts: Iterable[bytes]) -> Decision:
        """Decide by the values of all Host headers; anything but exactly one is rejected."""
        values = list(hosts)
        if self.allow_any:
            return "allow"
        parsed = parse_host(values[0].decode("latin-1")) if len(values) == 1 else None
        if parsed is None or values[0].endswith(b":"):
            return "reject"
        if parsed.port is not None and self.max_port is not None and parsed.port > self.max_port:
            return "reject"
        if parsed.host in self._exact or parsed.host.endswith(self._suffixes):
            return "allow"
        return "redirect" if parsed.host in self._www and parsed.port != 0 else "reject"

    def check_pattern(self, pattern: str) -> None:
        """Raise ValueError for a pattern that is not `*`, a host or `*.` and a host; override to take others."""
        if pattern == "*":
            return
        name = pattern[2:] if pattern.startswith("*.") else pattern
        if "*" in name:
            raise ValueError(
                f"allowed_hosts: {pattern!r} has a wildcard inside; only a leading '*.' or a single '*' works"
            )
        parsed = parse_host(name)
        if parsed is None or parsed.port is not None:
            raise ValueError(f"allowed_hosts: {pattern!r} is not a host name; give it without scheme, port and path")
