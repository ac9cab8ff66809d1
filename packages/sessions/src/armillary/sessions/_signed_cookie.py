"""A session as the value of a cookie: JSON in base64, a time stamp and a signature.

Anyone who has the cookie can read the data, but not change it. The key that signs is derived from the
secret, the purpose and the cookie's name, so that a value that was signed for one cookie is worthless in
another. Without a name the format is Starlette's, and each reads the other's cookies.
"""

from __future__ import annotations

import hashlib
import json
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from hmac import compare_digest
from typing import Any, NamedTuple

from itsdangerous import Signer

from ._signature import FROM_URL_SAFE, TO_URL_SAFE, Signature

MIN_KEY_LENGTH = 16

PURPOSE = "armillary.sessions.cookie.v1:"
"""What keys are derived for, before the cookie's name; another format would be another version."""

CLOCK_LEEWAY = 60
"""Seconds that the clocks of two servers may differ."""

_BRACKET, _BRACE = b"[{"
"""As numbers, which bytes are searched for in a tenth of the instructions that a text of one byte takes."""

_ENCODER = json.JSONEncoder()
_DECODER = json.JSONDecoder()


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
        unnamed = _signatures(Signer(texts), "sha1")
        self._signatures: list[Signature] = unnamed
        self._old_signatures: list[Signature] = []
        if cookie_name is not None:
            derivation: Any = {"key_derivation": "hmac", "digest_method": staticmethod(hashlib.sha256)}
            salt = PURPOSE + cookie_name
            self._signatures = _signatures(Signer(texts, salt, **derivation), "sha256")
            self._old_signatures = unnamed if reads_unnamed else []

    def write(self, data: dict[str, Any]) -> str:
        """Return the cookie's value.

        Raises:
            TypeError: the data is not JSON.
        """
        now = int(time.time())
        stamp = b2a_base64(now.to_bytes((now.bit_length() + 7) // 8, "big"), newline=False)
        signed = b2a_base64(encode(data), newline=False) + b"." + stamp.translate(TO_URL_SAFE).rstrip(b"=")
        return (signed + b"." + self._signatures[0].sign(signed)).decode("ascii")

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
        try:
            signed, _, signature = value.encode("latin-1").rpartition(b".")
            payload, is_timed, stamp = signed.rpartition(b".")
            is_current = _is_signed(signed, signature, self._signatures)
            if not is_timed or not (is_current or _is_signed(signed, signature, self._old_signatures)):
                return None
            signed_at = int.from_bytes(a2b_base64(stamp.translate(FROM_URL_SAFE) + b"=="), "big")
            if max_age is not None and not -CLOCK_LEEWAY <= int(time.time()) - signed_at <= max_age:
                return None
            return SignedText(a2b_base64(payload), not is_current)
        except ValueError:  # not base64, or not even Latin-1
            return None


def _is_signed(signed: bytes, signature: bytes, known: Sequence[Signature]) -> bool:
    for each in known:  # noqa: SIM110 - a generator would take more than the comparison
        if compare_digest(each.sign(signed), signature):
            return True
    return False


def _signatures(signer: Signer, digest: str) -> list[Signature]:
    """Return how a signer signs with each of its keys, which it would derive again for each value."""
    return [Signature(signer.derive_key(key), digest) for key in signer.secret_keys]


def decode(text: bytes) -> dict[str, Any] | None:
    """Return a session from JSON, or None if it is none."""
    try:
        document = text.decode().strip(" \t\n\r")
        data, end = _DECODER.raw_decode(document)
    except (ValueError, RecursionError):
        return None
    return data if end == len(document) and isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType]


def encode(data: dict[str, Any]) -> bytes:
    """Return a session as JSON.

    Raises:
        TypeError: the data is not JSON; the message names the key.
    """
    try:
        return _ENCODER.encode(data).encode()
    except (TypeError, ValueError) as exc:
        raise _not_json(data, exc) from exc


def has_containers(text: bytes) -> bool:
    """Return whether a session in JSON may have a list or an object inside, which could be changed unnoticed.

    >>> has_containers(b'{"user": 1}'), has_containers(b'{"cart": [1]}')
    (False, True)
    """
    return _BRACKET in text or _BRACE in text[1:]


def _not_json(data: dict[str, Any], exc: Exception) -> Exception:
    """Return the error of a session that is not JSON, with the key of the value."""
    for key, value in data.items():
        try:
            _ENCODER.encode({key: value})
        except (TypeError, ValueError):
            return type(exc)(
                f"session[{key!r}] is not JSON: {exc}; keep text, numbers, lists and dicts there, or an id"
            )
    return exc


def key_text(key: object) -> str:
    """Return a key's text; an object that masks it has a method that reveals it, as our `Secret` and pydantic's do."""
    if key is None or isinstance(key, bytes | bytearray | int | float):
        raise TypeError(f"secret_key is text or a list of texts, got {type(key).__name__}")
    reveal = getattr(key, "reveal", None) or getattr(key, "get_secret_value", None)
    return str(key) if reveal is None else str(reveal())
