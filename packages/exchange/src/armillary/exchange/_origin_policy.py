"""Which web pages may open a WebSocket (RFC 6455 section 10.2, RFC 6454).

A browser sends cookies with a WebSocket handshake from any page and lets that page read the
messages: neither the same-origin policy nor CORS applies. The `Origin` header, which a page
cannot forge, is all there is to check. A client that is not a browser sends any `Origin` or
none; the policy protects users, not the server.

The server's own name is the `Host` header, or what a trusted proxy reports as X-Forwarded-Host
(`scope["armillary"]["forwarded_host"]`). Its scheme may rise: a page on https may connect to a server that
sees http, as behind a proxy that terminates TLS; never the reverse.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple, Protocol, cast, get_args

from armillary.asgi_types import Scope, find_scope_record, scope_record

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LOGGED_BYTES: Final = 300

OriginCheck = Literal["cookies", "session", "always", "never"]


class _Origin(NamedTuple):
    scheme: str
    host: str
    port: int | None


def _split_authority(authority: str) -> tuple[str, int | None] | None:
    """Return host and port of `host[:port]`, or None if it is malformed or no server can have it."""
    # Imported here: a program without WebSockets does without.
    from armillary.datastructures import parse_host

    parsed = parse_host(authority)
    return None if parsed is None or authority.endswith(":") or not parsed.has_usable_port else parsed


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
        check: which handshakes are checked. "cookies" (default): those that carry a cookie or
            `Authorization`, the ones an attacker's page could ride on; "session": those whose scope has
            a session that is not empty, or a user who is authenticated, so below the middleware that
            loads them; "always": every one; "never": none.
        require_origin: reject a checked handshake without `Origin`, such as programs other than
            browsers send.

    Raises:
        TypeError: a string instead of a list.
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
        self, allow_origins: Iterable[str] = (), *, check: OriginCheck = "cookies", require_origin: bool = False
    ) -> None:
        if isinstance(allow_origins, str):
            raise TypeError(f"OriginPolicy takes allow_origins as a list of origins, got the string {allow_origins!r}")
        if check not in get_args(OriginCheck):
            raise ValueError(f"OriginPolicy takes check as 'cookies', 'session', 'always' or 'never', got {check!r}")
        self.allow_origins: tuple[str, ...] = tuple(allow_origins)
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
        if self.check == "never" or self._allow_all or (self.check == "session" and not has_session_or_user(scope)):
            return True
        origins: list[bytes] = []
        hosts: list[bytes] = []
        credentials = self.check != "cookies"
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
        names = [hosts[0].decode("latin-1")] if len(hosts) == 1 else []
        record = find_scope_record(scope)
        if record is not None and "forwarded_host" in record:
            names.append(record["forwarded_host"])
        return self._allows_origin(origins[0].decode("latin-1"), names, scope.get("scheme", "ws"))

    def _allows_origin(self, value: str, names: list[str], scheme: str) -> bool:
        if value == "null":
            return self._allow_null
        origin = _parse_origin(value)
        if origin is None:
            return False
        if origin in self._exact or (self._subdomains and self._is_subdomain(origin)):
            return True
        return any(_is_own(origin, name, scheme) for name in names)

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


def has_session_or_user(scope: Scope) -> bool:
    """Return whether the scope has a session that is not empty, or a user who is authenticated.

    >>> has_session_or_user({"type": "websocket", "session": {"user": "ada"}})
    True
    """
    record = find_scope_record(scope) or {}
    session: Any = scope.get("session", record.get("session"))
    # The length of a session of the toolkit would count as an access to it.
    is_empty = getattr(session, "is_empty", None)
    if not is_empty if isinstance(is_empty, bool) else bool(session):
        return True
    user: Any = scope.get("user")
    return user is not None and bool(getattr(user, "is_authenticated", True))


class DecidesOrigin(Protocol):
    """What decides whether a handshake may go on: an `OriginPolicy`, or an object with its one method."""

    def allows(self, scope: Scope, /) -> bool:
        """Return whether the handshake of a WebSocket scope may go on."""
        ...


def check_origin(scope: Scope, policy: DecidesOrigin, parameter: str = "allow_origins") -> bool:
    """Return whether a policy allows a handshake; record that one has decided, and log a rejection with its fix.

    Args:
        scope: of type "websocket".
        policy: what decides.
        parameter: the caller's parameter that takes more origins, for the log.
    """
    if policy.allows(scope):
        scope_record(scope)["origin_checked"] = True
        return True
    _log_rejection(scope, parameter)
    return False


def is_origin_checked(scope: Scope) -> bool:
    """Return whether a policy has allowed this handshake already."""
    record = find_scope_record(scope)
    return record is not None and record.get("origin_checked", False)


def _log_rejection(scope: Scope, parameter: str) -> None:
    from logging import getLogger

    headers = dict(cast("list[tuple[bytes, bytes]]", scope["headers"]))
    origin, host = (headers.get(name, b"")[:_LOGGED_BYTES].decode("latin-1") for name in (b"origin", b"host"))
    getLogger("armillary.websockets").warning(
        "Rejected a WebSocket that a page of %r opens: the server was asked for as %r. If the page is yours, allow it "
        "with %s=[%r]; behind a proxy, pass the name on (nginx: proxy_set_header Host $host;).",
        *(origin, host, parameter, origin),
    )
