"""Ids and versions of server sessions."""

from __future__ import annotations

import hashlib
import secrets

ID_BYTES = 32


def new_id() -> str:
    """Return an id that cannot be guessed."""
    return secrets.token_urlsafe(ID_BYTES)


def hash_id(session_id: str) -> str:
    """Return what the session is stored under, from which nobody gets the id."""
    return hashlib.sha256(session_id.encode("utf-8", "surrogateescape")).hexdigest()


def new_version() -> str:
    """Return a version that no other save has."""
    return secrets.token_hex(8)
