"""What can go wrong with a session."""

from __future__ import annotations


class SessionTooLarge(ValueError):
    """The signed cookie would be larger than browsers keep; the message names the size."""


class SessionConflict(RuntimeError):
    """Other requests changed the same session for as long as this one tried to save it; becomes a 503."""


class StoreUnavailable(Exception):
    """The store cannot be reached. The middleware sends a 503 and leaves the cookie unchanged."""
