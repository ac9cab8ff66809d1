"""The double-submit token: a secret in a cookie, and masked copies of it in forms.

Each copy is masked with fresh random bytes, so that compressing a page beside attacker-chosen
text reveals nothing about the secret (BREACH).
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hmac import compare_digest

SECRET_BYTES = 24


def new_secret() -> str:
    """Return a new secret, as it is sent in the cookie."""
    return encode(secrets.token_bytes(SECRET_BYTES))


def is_secret(value: str) -> bool:
    """Return whether a cookie's value has the form of a secret."""
    return len(decode(value)) == SECRET_BYTES


def mask(secret: str) -> str:
    """Return a token for one form: the secret under a new mask."""
    key = secrets.token_bytes(SECRET_BYTES)
    return encode(key + xor(decode(secret), key))


def matches(token: str, secret: str) -> bool:
    """Return, in constant time, whether a token, masked or not, is one of this secret."""
    raw = decode(token)
    if len(raw) == 2 * SECRET_BYTES:
        raw = xor(raw[SECRET_BYTES:], raw[:SECRET_BYTES])
    return len(raw) == SECRET_BYTES and compare_digest(raw, decode(secret))


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def encode(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of a token; empty if it is not one. Lengths here need no padding."""
    if len(text) > 4 * SECRET_BYTES or not text.isascii():
        return b""
    try:
        return urlsafe_b64decode(text)
    except ValueError:
        return b""
