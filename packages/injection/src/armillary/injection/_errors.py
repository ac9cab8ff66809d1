"""What misuse of injection raises."""

from __future__ import annotations


class InjectionError(RuntimeError):
    """Something cannot be injected; the message says what, where, and what to do."""
