"""A session as the value of a cookie: JSON in base64, a time stamp and a signature.

The format is Starlette's, so each can read the other's cookies. Anyone who has the cookie can read
the data, but not change it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadSignature, TimestampSigner

MIN_KEY_LENGTH = 16


class SignedCookie:
    """Signs with the newest key and reads what any of the keys signed.

    Args:
        keys: the newest first.
        min_key_length: the fewest characters a key may have.

    Raises:
        TypeError: a key that is neither text nor an object that hides one.
        ValueError: no key, or one that is empty or too short to be secret.

    >>> cookie = SignedCookie(["a-new-key-that-nobody-guesses", "the-old-key-that-nobody-guessed"])
    >>> cookie.read(cookie.write({"user": 1}), max_age=60)
    {'user': 1}
    """

    def __init__(self, keys: Sequence[str], min_key_length: int = MIN_KEY_LENGTH) -> None:
        texts = [key_text(key) for key in keys]
        if not texts:
            raise ValueError("secret_key is an empty list; give at least one key")
        for text in texts:
            if len(text) < min_key_length:
                raise ValueError(
                    f"secret_key has {len(text)} characters and can be guessed; use at least {min_key_length}, "
                    "such as from: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
                )
        self._signer = TimestampSigner(texts[::-1])

    def write(self, data: dict[str, Any]) -> str:
        """Return the cookie's value.

        Raises:
            TypeError: the data is not JSON.
        """
        payload = b64encode(json.dumps(data).encode())
        return self._signer.sign(payload).decode("ascii")

    def read(self, value: str, max_age: int | None) -> dict[str, Any] | None:
        """Return the data, or None for a value that is not signed, too old, or not a session.

        Args:
            value: the cookie's value.
            max_age: seconds since it was signed; None for any age.
        """
        try:
            payload = self._signer.unsign(value.encode("latin-1"), max_age=max_age)
            data = json.loads(b64decode(payload))
        except (BadSignature, ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None  # pyright: ignore[reportUnknownVariableType]


def key_text(key: object) -> str:
    """Return a key's text; an object that masks it has a method that reveals it, as our `Secret` and pydantic's do."""
    if key is None or isinstance(key, bytes | bytearray | int | float):
        raise TypeError(f"secret_key is text or a list of texts, got {type(key).__name__}")
    reveal = getattr(key, "reveal", None) or getattr(key, "get_secret_value", None)
    return str(key) if reveal is None else str(reveal())
