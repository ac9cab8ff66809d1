"""Announcing resources before the response: early hints and push."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from armillary.asgi_types import Scope, Send
from armillary.datastructures import Headers, encode_header

# Headers that select the representation of the pushed resource, or that caches use.
PUSHED_HEADERS = ("accept", "accept-encoding", "accept-language", "cache-control", "user-agent")


def has_extension(scope: Scope, name: str) -> bool:
    """Return whether the server announces an extension."""
    extensions: dict[str, Any] | None = scope.get("extensions")
    return extensions is not None and name in extensions


async def send_early_hints(scope: Scope, send: Send, links: Iterable[str]) -> None:
    """Send Link values in a 103 if the server can; `ValueError` for invalid header values."""
    values = [encode_header("link", link)[1] for link in links]
    if has_extension(scope, "http.response.early_hint"):
        await send({"type": "http.response.early_hint", "links": values})


async def send_push_promise(scope: Scope, send: Send, headers: Headers, path: str) -> None:
    """Push `path` with the headers that select its representation, if the server can."""
    if not path.startswith("/"):
        raise ValueError(f"path must begin with a slash, got {path!r}")
    if not path.isprintable():
        raise ValueError(f"path contains a control character: {path!r}")
    if has_extension(scope, "http.response.push"):
        copied = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name in PUSHED_HEADERS
            for value in headers.getlist(name)
        ]
        await send({"type": "http.response.push", "path": path, "headers": copied})
