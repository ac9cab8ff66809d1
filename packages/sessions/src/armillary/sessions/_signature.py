"""HMAC (RFC 2104) of many values under one key, as text that a cookie may hold."""

from __future__ import annotations

import hmac
from binascii import b2a_base64

TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
"""Between the digits of base64 and those of its alphabet for URLs (RFC 4648 section 5)."""


class Signature:
    """Signs under one key.

    What depends on the key alone is made here and copied for each value, as section 4 of the RFC proposes;
    `hmac.digest` makes it again each time.

    Args:
        key: of any length.
        digest: the name of the hash function, such as "sha256".

    >>> Signature(b"key", "sha256").sign(b"what is signed")
    b'r3_6ww021o76lR1YZ59pR_WBpU5L7kv7fdNhLBgYXjM'
    """

    def __init__(self, key: bytes, digest: str) -> None:
        self._keyed = hmac.new(key, digestmod=digest)

    def sign(self, value: bytes) -> bytes:
        """Return the signature of a value, in base64 for URLs and without its padding."""
        keyed = self._keyed.copy()
        keyed.update(value)
        return b2a_base64(keyed.digest(), newline=False).translate(TO_URL_SAFE).rstrip(b"=")
