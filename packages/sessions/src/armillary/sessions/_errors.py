"""What can go wrong with a session."""

from __future__ import annotations


class SessionTooLarge(ValueError):
    """The signed cookie would be larger than browsers keep; the message names the size."""


class SessionConflict(RuntimeError):
    """Other requests changed the same session each time this one tried to."""


class StoreUnavailable(Exception):
    """The store cannot be reached. The middleware answers 503 and leaves the cookie as it is."""
