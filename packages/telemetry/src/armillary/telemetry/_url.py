"""The parts of a request's URL, as spans and exclusions read them."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from armillary.asgi_types import Scope
from armillary.datastructures import encode_text, requested_host

REDACTED_PARAMETERS: Final = frozenset({"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"})
"""Query parameters whose value is a credential (HTTP spans, `url.query`)."""

MAX_PORT_DIGITS: Final = 5

DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def url_scheme(scope: Scope) -> str:
    """Return the scheme; "http", or "ws" for a WebSocket, if the server gives none."""
    scheme: str = scope.get("scheme") or ("ws" if scope["type"] == "websocket" else "http")
    return scheme


def url_path(scope: Scope) -> str:
    """Return the path as it is in the URL, percent-encoded."""
    raw: bytes | None = scope.get("raw_path")
    if raw:
        return raw.partition(b"?")[0].decode("ascii", "backslashreplace")
    path: str = scope["path"]
    return path if path.isascii() and path.isprintable() else quote(encode_text(path))


def redacted_query(query: str) -> str:
    """Return a query with the values of well-known credentials replaced by REDACTED.

    >>> redacted_query("a=1&sig=s3cret")
    'a=1&sig=REDACTED'
    """
    if "=" not in query:
        return query
    pairs = [pair.partition("=") for pair in query.split("&")]
    return "&".join(
        [f"{name}=REDACTED" if name in REDACTED_PARAMETERS else name + sign + value for name, sign, value in pairs]
    )


def url_query(scope: Scope) -> str:
    """Return the query without well-known credentials; "" if there is none."""
    query: bytes = scope.get("query_string", b"")
    return redacted_query(query.decode("latin-1")) if query else ""


def port_number(port: object) -> int | None:
    """Return a port as a number, None if there is none; some servers give it as text.

    >>> port_number("8000"), port_number(None)
    (8000, None)
    """
    if isinstance(port, str):
        return int(port) if port.isascii() and port.isdigit() and len(port) <= MAX_PORT_DIGITS else None
    return port if isinstance(port, int) else None


def server_address(scope: Scope) -> tuple[str, int | None] | None:
    """Return the host and port that the client asked for: its Host header, else the server's address."""
    asked = requested_host(scope["headers"])
    if asked is not None:
        return asked.hostname, asked.port or DEFAULT_PORTS.get(url_scheme(scope))
    server: tuple[str, object] | None = scope.get("server")
    return (server[0], port_number(server[1])) if server else None


def whole_url(scope: Scope) -> str:
    """Return the URL that exclusions are searched in, credentials included."""
    scheme = url_scheme(scope)
    address = server_address(scope)
    authority = ""
    if address is not None:
        host, port = address
        authority = f"[{host}]" if ":" in host else host
        if port is not None and port != DEFAULT_PORTS.get(scheme):
            authority += f":{port}"
    query: bytes = scope.get("query_string", b"")
    return f"{scheme}://{authority}{url_path(scope)}" + (f"?{query.decode('latin-1')}" if query else "")
