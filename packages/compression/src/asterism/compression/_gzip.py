"""gzip (RFC 1952), by the standard library's zlib."""

from __future__ import annotations

import zlib
from typing import Any

from ._coding import check_level

WINDOW = 16 + zlib.MAX_WBITS
"""zlib's way to ask for the gzip format."""


class Gzip:
    """The gzip coding.

    Args:
        level: from 0, which only wraps the body, to 9.
    """

    name = "gzip"

    def __init__(self, level: int = 6) -> None:
        check_level(self.name, level, 0, 9)
        self.level = level

    def encode(self, body: bytes) -> bytes:
        return zlib.compress(body, self.level, WINDOW)

    def encoder(self) -> GzipEncoder:
        return GzipEncoder(zlib.compressobj(self.level, zlib.DEFLATED, WINDOW))


class GzipEncoder:
    """Flushes after every part, which costs some bytes each."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def encode(self, data: bytes, last: bool) -> bytes:
        stream = self._stream
        coded: bytes = stream.compress(data) + stream.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        return coded
