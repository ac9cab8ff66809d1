"""Scopes as a server makes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

Text = str | bytes
HOST = [(b"host", b"testserver")]
Headers = dict[str, str] | Sequence[tuple[Text, Text]]


def http_scope(path: str = "/", method: str = "GET", **keys: Any) -> dict[str, Any]:
    """Return the scope of a request.

    Args:
        path: the decoded path; `raw_path` is made of it.
        method: the method.
        keys: take the place of the scope's own; `headers`, by default a Host alone, may be a dict or pairs, of text or
            bytes.
    """
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": quote(path.encode("utf-8", "surrogateescape")).encode(),
        "query_string": b"",
        "root_path": "",
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
        **keys,
        "headers": encode_headers(keys.get("headers", HOST)),
    }


def websocket_scope(path: str = "/", **keys: Any) -> dict[str, Any]:
    """Return the scope of a WebSocket; the arguments are those of `http_scope`."""
    scope: dict[str, Any] = {**http_scope(path), "type": "websocket", "scheme": "ws", "subprotocols": [], **keys}
    del scope["method"]
    return {**scope, "headers": encode_headers(keys.get("headers", HOST))}


def lifespan_scope(**keys: Any) -> dict[str, Any]:
    """Return the scope of a lifespan."""
    return {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, **keys}


def encode_headers(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return headers as a scope has them: names in lower case."""
    pairs: Iterable[tuple[Text, Text]] = headers.items() if isinstance(headers, dict) else headers
    return [(_encode(name).lower(), _encode(value)) for name, value in pairs]


def _encode(text: Text) -> bytes:
    return text.encode("latin-1") if isinstance(text, str) else text
