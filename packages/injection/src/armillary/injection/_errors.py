"""The error of this package."""

from __future__ import annotations


class InjectionError(RuntimeError):
    """Something cannot be injected; the message names it, the function that needs it, and the fix."""
