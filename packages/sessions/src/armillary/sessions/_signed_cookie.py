"""A session as the value of a cookie: JSON in base64, a time stamp and a signature.

Anyone who has the cookie can read the data, but not change it. The key that signs is derived from the
secret, the purpose and the cookie's name, so that a value that was signed for one cookie is worthless in
another. Without a name the format is Starlette's, and each reads the other's cookies.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple

from itsdangerous import BadSignature, TimestampSigner
from itsdangerous.signer import SigningAlgorithm

MIN_KEY_LENGTH = 16

PURPOSE = "armillary.sessions.cookie.v1:"
"""What keys are derived for, before the cookie's name; another format would be another version."""

CLOCK_LEEWAY = 60
"""Seconds that the clocks of two servers may differ."""


class SignedText(NamedTuple):
    """What a cookie held.

    Attributes:
        text: the session as JSON.
        is_old: whether it was signed without the cookie's name.
    """

    text: bytes
    is_old: bool


class SignedCookie:
    """Signs with the newest key and reads what any of the keys signed.

    Args:
        keys: the newest first.
        min_key_length: the fewest characters a key may have; 16 by default.
        cookie_name: the cookie that the values are for, "session" by default; None for Starlette's format, which is
            for any.
        reads_unnamed: whether values in Starlette's format are read too; False by default.

    Raises:
        TypeError: a key that is neither text nor an object that hides one.
        ValueError: no key, or one that is empty or too short to be secret.

    >>> cookie = SignedCookie(["a-new-key-that-nobody-guesses", "the-old-key-that-nobody-guessed"])
    >>> cookie.read(cookie.write({"user": 1}), max_age=60)
    {'user': 1}
    """

    def __init__(
        self,
        keys: Sequence[str],
        min_key_length: int = MIN_KEY_LENGTH,
        *,
        cookie_name: str | None = "session",
        reads_unnamed: bool = False,
    ) -> None:
        texts = [key_text(key) for key in keys]
        if not texts:
            raise ValueError("secret_key is an empty list; give at least one key")
        for text in texts:
            if len(text) < min_key_length:
                raise ValueError(
                    f"secret_key has {len(text)} characters and can be guessed; use at least {min_key_length}, "
                    "such as from: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
                )
        # The order of itsdangerous is the oldest first.
        unnamed = _with_derived_keys(TimestampSigner(texts[::-1]), "sha1")
        self._signer, self._old_signer = unnamed, None
        if cookie_name is not None:
            salt = PURPOSE + cookie_name
            named = TimestampSigner(
                texts[::-1], salt, key_derivation="hmac", digest_method=staticmethod(hashlib.sha256)
            )
            self._signer = _with_derived_keys(named, "sha256")
            self._old_signer = unnamed if reads_unnamed else None

    def write(self, data: dict[str, Any]) -> str:
        """Return the cookie's value.

        Raises:
            TypeError: the data is not JSON.
        """
        return self._signer.sign(b64encode(encode(data))).decode("ascii")

    def read(self, value: str, max_age: int | None) -> dict[str, Any] | None:
        """Return the data, or None for a value that is not signed, too old, or not a session.

        Args:
            value: the cookie's value.
            max_age: seconds since it was signed; None for any age.
        """
        signed = self.unsign(value, max_age)
        return None if signed is None else decode(signed.text)

    def unsign(self, value: str, max_age: int | None) -> SignedText | None:
        """Return the JSON that was signed, or None for a value that is not signed or too old."""
        for signer in (self._signer, self._old_signer):
            if signer is None:
                continue
            try:
                payload, signed_at = signer.unsign(value.encode("latin-1"), return_timestamp=True)
                age = int(time.time()) - signed_at.timestamp()
                if max_age is not None and not -CLOCK_LEEWAY <= age <= max_age:
                    return None
                return SignedText(b64decode(payload), signer is self._old_signer)
            except (BadSignature, ValueError):
                continue
        return None


class _HMAC(SigningAlgorithm):
    """HMAC (RFC 2104) in one call, by the name of its digest; that of itsdangerous takes five times as long."""

    def __init__(self, digest: str) -> None:
        self.digest = digest

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, self.digest)


def _with_derived_keys(signer: TimestampSigner, digest: str) -> TimestampSigner:
    """Return a signer of the same signatures that derives its keys now, and not for each cookie."""
    keys = [signer.derive_key(key) for key in signer.secret_keys]
    return TimestampSigner(keys, key_derivation="none", algorithm=_HMAC(digest))


def decode(text: bytes) -> dict[str, Any] | None:
    """Return a session from JSON, or None if it is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType]


def encode(data: dict[str, Any]) -> bytes:
    """Return a session as JSON.

    Raises:
        TypeError: the data is not JSON.
    """
    return json.dumps(data).encode()


def key_text(key: object) -> str:
    """Return a key's text; an object that masks it has a method that reveals it, as our `Secret` and pydantic's do."""
    if key is None or isinstance(key, bytes | bytearray | int | float):
        raise TypeError(f"secret_key is text or a list of texts, got {type(key).__name__}")
    reveal = getattr(key, "reveal", None) or getattr(key, "get_secret_value", None)
    return str(key) if reveal is None else str(reveal())
