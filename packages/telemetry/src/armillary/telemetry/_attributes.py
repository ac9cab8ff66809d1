"""Attributes of spans and measurements (OpenTelemetry semantic conventions for HTTP, stable)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Any, Final

from armillary.asgi_types import Scope

from ._url import port_number, server_address, url_path, url_query, url_scheme

Attributes = dict[str, Any]

KNOWN_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
OTHER_METHOD: Final = "_OTHER"
KNOWN_METHODS_VARIABLE: Final = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"
MAX_LENGTH: Final = 4096
"""The maximum length of an attribute whose length the client chooses."""


def known_methods(environ: Mapping[str, str] = os.environ) -> frozenset[str]:
    """Return the methods that are recorded by name; the environment may list others."""
    listed = environ.get(KNOWN_METHODS_VARIABLE)
    return KNOWN_METHODS if listed is None else frozenset(name.strip() for name in listed.split(",") if name.strip())


def method_attributes(scope: Scope, known: frozenset[str]) -> Attributes:
    """Return `http.request.method`; an unknown method is `_OTHER`, since clients can invent any number."""
    method: str = scope.get("method", "GET")
    if method in known:
        return {"http.request.method": method}
    name = method.upper() if method.upper() in known else OTHER_METHOD
    return {"http.request.method": name, "http.request.method_original": method[:MAX_LENGTH]}


def request_attributes(
    scope: Scope, known: frozenset[str] = KNOWN_METHODS, headers: Collection[bytes] = ()
) -> Attributes:
    """Return the attributes of a span that are known when a request arrives.

    Args:
        scope: of type "http" or "websocket".
        known: the methods that are recorded by name.
        headers: lower-case names of request headers to record.
    """
    attributes = method_attributes(scope, known)
    attributes["url.scheme"] = url_scheme(scope)
    attributes["url.path"] = url_path(scope)[:MAX_LENGTH]
    query = url_query(scope)
    if query:
        attributes["url.query"] = query[:MAX_LENGTH]
    address = server_address(scope)
    if address is not None:
        attributes["server.address"] = address[0]
        if address[1] is not None:
            attributes["server.port"] = address[1]
    client = scope.get("client")
    if client:
        attributes["client.address"] = client[0]
        port = port_number(client[1])
        if port:  # 0 means that a proxy reported the address, which is not the peer's
            attributes["network.peer.address"] = client[0]
            attributes["network.peer.port"] = port
    attributes |= protocol_attributes(scope)
    for name, value in scope["headers"]:
        if name == b"user-agent":
            attributes["user_agent.original"] = value.decode("latin-1")[:MAX_LENGTH]
    return attributes | header_attributes("request", scope["headers"], headers)


def protocol_attributes(scope: Scope) -> Attributes:
    """Return the version of HTTP, if the server gives it."""
    version = scope.get("http_version")
    return {"network.protocol.version": version} if version else {}


def header_attributes(
    side: str, headers: Collection[tuple[bytes, bytes]], names: Collection[bytes]
) -> dict[str, list[str]]:
    """Return the named headers as `http.request.header.<name>`, or of the response."""
    found: dict[str, list[str]] = {}
    if names:
        for name, value in headers:
            if name in names:
                key = f"http.{side}.header.{name.decode('latin-1')}"
                found.setdefault(key, []).append(value.decode("latin-1")[:MAX_LENGTH])
    return found


def span_name(attributes: Mapping[str, Any], route: str | None) -> str:
    """Return the name of a span: the method and the route's template, which keeps the number of names low.

    >>> span_name({"http.request.method": "GET"}, "/users/{id}")
    'GET /users/{id}'
    """
    method = attributes["http.request.method"]
    shown = "HTTP" if method == OTHER_METHOD else method
    return f"{shown} {route}" if route else shown
