"""Comparison of secrets in a time that does not reveal how much of a guess was right."""

from __future__ import annotations

from hmac import compare_digest


def same_secret(given: str, expected: str) -> bool:
    """Return, in constant time, whether two secrets are the same text.

    >>> same_secret("guess", "s3cret")
    False
    """
    return compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))
