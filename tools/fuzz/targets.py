"""Every parser of what a client sends, as a function of bytes that raises if something is wrong.

A target lets through what the parser documents (a `ValueError`, an `HTTPException` below 500). Whatever else comes out
is a finding, and so is a result that a second reading of the same bytes does not give: by a regular expression, by the
standard library, by Werkzeug or Django, or one step after the other.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

MODULES = {
    "address_targets": ["host", "query", "url"],
    "credential_targets": ["authorization", "csrf_token", "idempotency_key", "session_cookie"],
    "file_targets": ["disposition", "http_date", "ranges"],
    "form_targets": ["multipart", "multipart_like_others", "urlencoded"],
    "graphql_targets": ["graphql"],
    "header_targets": ["accept", "cookies", "etags", "forwarded", "media_type"],
    "json_target": ["json"],
    "router_target": ["router"],
}
"""The targets, each a function of the module."""

NAMES = sorted(name for names in MODULES.values() for name in names)


class Target(Protocol):
    """A function that raises if something is wrong with what it is given."""

    def __call__(self, data: bytes, /) -> None: ...


def load(name: str) -> Target:
    """Return a target; only what it fuzzes is imported."""
    module = next(module for module, names in MODULES.items() if name in names)
    return cast(Target, getattr(import_module(f".{module}", __package__), f"fuzz_{name}"))
