"""Zstandard (RFC 8878), by the standard library from Python 3.14 on and by its backport before."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ._coding import check_level

IN_STANDARD_LIBRARY = "compression.zstd"

MAX_WINDOW_LOG = 23
"""8 MiB, as a power of two: what every receiver must accept (RFC 9659)."""


def zstd_library() -> Any:
    """Return the module that implements it; `ModuleNotFoundError` if it is not installed."""
    return import_module(IN_STANDARD_LIBRARY) if sys.version_info >= (3, 14) else import_module("backports.zstd")


class Zstd:
    """The zstd coding.

    Args:
        level: from 1 to 19; more than 9 is for what is compressed once and sent often.

    Raises:
        ModuleNotFoundError: the library is not installed.
    """

    name = "zstd"

    def __init__(self, level: int = 3) -> None:
        check_level(self.name, level, 1, 19)
        self.level = level
        self._library = zstd_library()

    def encode(self, body: bytes) -> bytes:
        coded: bytes = self._library.compress(body, level=self.level)
        return coded

    def encoder(self) -> ZstdEncoder:
        return ZstdEncoder(self._library.ZstdCompressor(level=self.level))


class ZstdEncoder:
    """Flushes after every part."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def encode(self, data: bytes, last: bool) -> bytes:
        stream = self._stream
        coded: bytes = stream.compress(data, stream.FLUSH_FRAME if last else stream.FLUSH_BLOCK)
        return coded
