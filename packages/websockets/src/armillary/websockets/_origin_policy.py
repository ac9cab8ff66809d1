"""Which web pages may open a WebSocket (RFC 6455 section 10.2, RFC 6454).

A browser sends cookies with a WebSocket handshake from any page and lets that page read the
messages: neither the same-origin policy nor CORS applies. The `Origin` header, which a page
cannot forge, is all there is to check. A client that is not a browser sends any `Origin` or
none; the policy protects users, not the server.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from armillary.asgi_types import Scope

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_ADDRESS_CHARACTERS: Final = frozenset("0123456789abcdef:.")
_MAX_AUTHORITY_LENGTH: Final = 260  # a name of 253 characters (RFC 1035 section 2.3.4), with a dot and a port

Check = Literal["cookies", "always", "never"]


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None


def _split_authority(authority: str) -> tuple[str, int | None] | None:
    """Return host and port of `host[:port]`, or None if it is malformed."""
    if len(authority) > _MAX_AUTHORITY_LENGTH:
        return None
    host, port = authority, ""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        host += bracket
        if not bracket or not _ADDRESS_CHARACTERS.issuperset(host[1:-1]) or (rest and not rest.startswith(":")):
            return None
        port = rest[1:]
        if rest == ":":
            return None
    else:
        host, colon, port = authority.partition(":")
        if not host or not _HOST_CHARACTERS.issuperset(host) or (colon and not port):
            return None
    if not port:
        return host, None
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536):
        return None
    return host, int(port)


def _parse_origin(value: str) -> _Origin | None:
    """Return a serialised origin as its parts, or None for "null" and anything that is not an origin."""
    scheme, separator, authority = value.lower().partition("://")
    if not separator or not scheme:
        return None
    split = _split_authority(authority)
    if split is None:
        return None
    host, port = split
    return _Origin(scheme, host, _DEFAULT_PORTS.get(scheme) if port is None else port)


class OriginPolicy:
    """Decide whether a handshake may go on, by its `Origin`.

    Args:
        allow_origins: origins allowed besides the server's own, such as
            "https://app.example.com"; "https://*.example.com" matches every subdomain at any
            depth (not for example.com), "null" for sandboxed pages, "*" for every origin.
        check: "cookies" checks handshakes that carry a cookie or `Authorization`, the ones an
            attacker's page could ride on; "always" checks every one; "never" is off.
        require_origin: reject a checked handshake without `Origin`, such as programs other than
            browsers send.

    The server's own origin is the request's scheme and `Host`. A page on https may also connect
    if the scope says ws, as it does behind a proxy that terminates TLS.

    Raises:
        ValueError: an entry of `allow_origins` is not an origin, or `check` is unknown.

    >>> policy = OriginPolicy(["https://app.example.com"], check="always")
    >>> scope = {"type": "websocket", "scheme": "wss", "headers": [(b"host", b"api.example.com")]}
    >>> scope["headers"].append((b"origin", b"https://app.example.com"))
    >>> policy.allows(scope)
    True
    >>> scope["headers"][1] = (b"origin", b"https://app.example.com.evil.test")
    >>> policy.allows(scope)
    False
    """

    def __init__(
        self, allow_origins: Iterable[str] = (), *, check: Check = "cookies", require_origin: bool = False
    ) -> None:
        if isinstance(allow_origins, str):
            raise TypeError(f"OriginPolicy takes allow_origins as a list of origins, got the string {allow_origins!r}")
        if check not in ("cookies", "always", "never"):
            raise ValueError(f"OriginPolicy takes check as 'cookies', 'always' or 'never', got {check!r}")
        self.allow_origins = tuple(allow_origins)
        self.check = check
        self.require_origin = require_origin
        self._allow_null = "null" in self.allow_origins
        self._allow_all = "*" in self.allow_origins
        self._exact: set[_Origin] = set()
        self._subdomains: set[_Origin] = set()
        for entry in self.allow_origins:
            if entry not in ("null", "*"):
                self._add_entry(entry)

    def _add_entry(self, entry: str) -> None:
        scheme, separator, authority = entry.partition("://")
        wildcard = authority.startswith("*.")
        origin = _parse_origin(f"{scheme}{separator}{authority[2:] if wildcard else authority}")
        if origin is None:
            raise ValueError(
                f"OriginPolicy takes allow_origins such as 'https://app.example.com' or 'https://*.example.com', "
                f"without path or trailing slash; got {entry!r}"
            )
        (self._subdomains if wildcard else self._exact).add(origin)

    def allows(self, scope: Scope) -> bool:
        """Return whether the handshake of a WebSocket scope may go on."""
        if self.check == "never" or self._allow_all:
            return True
        origins: list[bytes] = []
        hosts: list[bytes] = []
        credentials = self.check == "always"
        for name, value in scope["headers"]:
            if name == b"origin":
                origins.append(value)
            elif name == b"host":
                hosts.append(value)
            elif name == b"cookie" or name == b"authorization":
                credentials = True
        if not credentials:
            return True
        if not origins:
            return not self.require_origin
        if len(origins) > 1:
            return False
        return self._allows_origin(origins[0].decode("latin-1"), hosts, scope.get("scheme", "ws"))

    def _allows_origin(self, value: str, hosts: list[bytes], scheme: str) -> bool:
        if value == "null":
            return self._allow_null
        origin = _parse_origin(value)
        if origin is None:
            return False
        if origin in self._exact or (self._subdomains and self._is_subdomain(origin)):
            return True
        return len(hosts) == 1 and _is_own(origin, hosts[0].decode("latin-1").lower(), scheme)

    def _is_subdomain(self, origin: _Origin) -> bool:
        _, dot, parent = origin.host.partition(".")
        while dot:
            if _Origin(origin.scheme, parent, origin.port) in self._subdomains:
                return True
            _, dot, parent = parent.partition(".")
        return False


def _is_own(origin: _Origin, host: str, scheme: str) -> bool:
    secure = scheme in ("wss", "https")
    if origin.scheme == "https":
        default_port = 443
    elif origin.scheme == "http" and not secure:
        default_port = 80
    else:
        return False
    split = _split_authority(host)
    if split is None:
        return False
    name, port = split
    return origin.host == name and origin.port == (default_port if port is None else port)
