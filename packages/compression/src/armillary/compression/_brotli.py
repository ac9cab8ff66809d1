"""Brotli (RFC 7932), by the `brotli` package."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._coding import check_level


class Brotli:
    """The br coding.

    Args:
        level: from 0 to 11; those above 5 are for what is compressed once and sent often.

    Raises:
        ModuleNotFoundError: `brotli` is not installed.
    """

    name = "br"

    def __init__(self, level: int = 4) -> None:
        check_level(self.name, level, 0, 11)
        self.level = level
        self._library: Any = import_module("brotli")

    def encode(self, body: bytes) -> bytes:
        coded: bytes = self._library.compress(body, quality=self.level)
        return coded

    def encoder(self) -> BrotliEncoder:
        return BrotliEncoder(self._library.Compressor(quality=self.level))


class BrotliEncoder:
    """Flushes after every part."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def encode(self, data: bytes, last: bool) -> bytes:
        stream = self._stream
        coded: bytes = stream.process(data) + (stream.finish() if last else stream.flush())
        return coded
