"""The request of a WebSocket handshake (RFC 6455 section 4.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SESSION_KEY = "armillary.testing.session"
"""The extension under which the response to a handshake carries its session."""


def websocket_url(url: str) -> str:
    """Turn http into ws and https into wss.

    >>> websocket_url("https://example.org/chat")
    'wss://example.org/chat'
    """
    return f"ws{url[4:]}" if url.startswith("http") else url


def websocket_headers(headers: Any, subprotocols: Iterable[str] | None) -> list[tuple[str, str]]:
    """Add the headers of a handshake to those given, which win."""
    given: list[tuple[str, str]] = [*(headers.items() if isinstance(headers, Mapping) else headers or ())]
    present = {name.lower() for name, _ in given}
    handshake = {
        "connection": "upgrade",
        "sec-websocket-key": "testserver==",
        "sec-websocket-version": "13",
    }
    if isinstance(subprotocols, str):
        raise TypeError(f"subprotocols is the str {subprotocols!r}; pass a list of names")
    if subprotocols is not None:
        handshake["sec-websocket-protocol"] = ", ".join(subprotocols)
    return [*given, *((name, value) for name, value in handshake.items() if name not in present)]
