"""The scopes of ASGI 3 (HTTP and WebSocket spec 2.5, Lifespan 2.0, TLS extension 0.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NotRequired, TypedDict


class ASGIVersions(TypedDict):
    """`version` is the ASGI version, `spec_version` that of the protocol's own spec ("2.0" if absent)."""

    version: str
    spec_version: NotRequired[str]


class TLSExtension(TypedDict):
    """`scope["extensions"]["tls"]`: what the server knows of the TLS connection.

    Certificates are PEM text; names are RFC 4514 strings; `tls_version` and `cipher_suite` are
    the numbers of the TLS registries.
    """

    server_cert: str | None
    client_cert_chain: Iterable[str]
    client_cert_name: str | None
    client_cert_error: str | None
    tls_version: int | None
    cipher_suite: int | None


class _ConnectionScope(TypedDict):
    asgi: ASGIVersions
    http_version: NotRequired[str]
    path: str
    raw_path: NotRequired[bytes | None]
    query_string: bytes
    root_path: NotRequired[str]
    headers: Iterable[tuple[bytes, bytes]]
    client: NotRequired[tuple[str, int] | None]
    server: NotRequired[tuple[str, int | None] | None]
    state: NotRequired[dict[str, Any]]
    extensions: NotRequired[dict[str, dict[str, Any]] | None]


class HTTPScope(_ConnectionScope):
    """One HTTP request. Paths are percent-decoded text, `raw_path` and the query are bytes."""

    type: Literal["http"]
    method: str
    scheme: NotRequired[str]


class WebSocketScope(_ConnectionScope):
    """One WebSocket connection, from its handshake to its close."""

    type: Literal["websocket"]
    scheme: NotRequired[str]
    subprotocols: NotRequired[Iterable[str]]


class LifespanScope(TypedDict):
    """One run of the server's event loop. What start-up puts in `state` reaches every connection."""

    type: Literal["lifespan"]
    asgi: ASGIVersions
    state: NotRequired[dict[str, Any]]
