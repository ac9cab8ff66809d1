"""What a content coding must be able to do."""

from __future__ import annotations

from typing import Protocol


class Encoder(Protocol):
    """Codes one body, part by part."""

    def encode(self, data: bytes, last: bool, /) -> bytes:
        """Return the coded part, flushed, so that the receiver can read all of `data` from it.

        `last` ends the body.
        """
        ...


class Coding(Protocol):
    """A content coding of the HTTP registry (RFC 9110 section 8.4.1)."""

    @property
    def name(self) -> str:
        """Its name in Content-Encoding, in lower case."""
        ...

    def encode(self, body: bytes, /) -> bytes:
        """Return a whole body coded."""
        ...

    def encoder(self) -> Encoder:
        """Return an encoder for a body that comes in parts."""
        ...


def check_level(coding: str, level: int, lowest: int, highest: int) -> None:
    """Raise if a level is not an integer in the coding's range."""
    if not isinstance(level, int) or isinstance(level, bool):
        raise TypeError(f"the level of {coding} is an int, got {level!r}")
    if not lowest <= level <= highest:
        raise ValueError(f"the level of {coding} is from {lowest} to {highest}, got {level}")
