"""gzip (RFC 1952), by zlib-ng if it is installed and else by the standard library's zlib."""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any, Literal

from ._coding import check_level

Engine = Literal["zlib", "zlib-ng"]

WINDOW = 16 + zlib.MAX_WBITS
"""zlib's way to ask for the gzip format."""


class Gzip:
    """The gzip coding.

    Args:
        level: from 0, which only wraps the body, to 9.
        engine: what compresses; by default zlib-ng if it is installed (the extra `zlib-ng`), as
            it makes about the same bytes in less time.

    Raises:
        TypeError: a level that is not an integer.
        ValueError: a level out of range, or an engine of another name.
        ModuleNotFoundError: zlib-ng was requested and is not installed.

    >>> len(Gzip(6).encode(b"star " * 1000)) < 100
    True
    """

    name = "gzip"

    def __init__(self, level: int = 6, engine: Engine | None = None) -> None:
        check_level(self.name, level, 0, 9)
        self.level = level
        self.engine, self._library = find_engine(engine)

    def encode(self, body: bytes, /) -> bytes:
        coded: bytes = self._library.compress(body, self.level, WINDOW)
        return coded

    def encoder(self) -> GzipEncoder:
        return GzipEncoder(self._library.compressobj(self.level, zlib.DEFLATED, WINDOW))


class GzipEncoder:
    """Flushes after every part, which costs some bytes each."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def encode(self, data: bytes, last: bool, /) -> bytes:
        stream = self._stream
        coded: bytes = stream.compress(data) + stream.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        return coded


def find_engine(name: Engine | None) -> tuple[Engine, Any]:
    """Return an engine's name and its module, which has zlib's functions."""
    if name not in (None, "zlib", "zlib-ng"):
        raise ValueError(f"engine is 'zlib' or 'zlib-ng', got {name!r}")
    if name == "zlib":
        return "zlib", zlib
    try:
        return "zlib-ng", import_module("zlib_ng.zlib_ng")
    except ModuleNotFoundError:
        if name is not None:
            raise
        return "zlib", zlib
