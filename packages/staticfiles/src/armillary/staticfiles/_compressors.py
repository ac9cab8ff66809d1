"""Compressors for files on disk, if their libraries are installed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from ._coding import Coding

_IN_STANDARD_LIBRARY = "compression.zstd"

Compressor: TypeAlias = Callable[[bytes], bytes]

_PACKAGES = {"br": "armillary-staticfiles[brotli]", "zstd": "armillary-staticfiles[zstd]"}


class MissingCompressor(ImportError):
    """The library of a requested coding is not installed."""


def find_compressor(coding: Coding) -> Compressor:
    """Return a function that compresses at the best level of the coding.

    Raises:
        MissingCompressor: no library for it is installed; the message names one.
    """
    if coding.name == "gzip":
        return _gzip
    found = _brotli() if coding.name == "br" else _zstd()
    if found is None:
        raise MissingCompressor(f"{coding.name} needs a library: pip install '{_PACKAGES[coding.name]}'")
    return found


def _gzip(content: bytes) -> bytes:
    from gzip import compress

    # Without a time in the gzip header, the same content gives the same bytes.
    return compress(content, 9, mtime=0)


def _brotli() -> Compressor | None:
    try:
        library: Any = import_module("brotli")
    except ImportError:
        return None
    return lambda content: library.compress(content, quality=11)


def _zstd() -> Compressor | None:
    try:
        library: Any = _zstd_library()
    except ImportError:
        return None
    # Browsers reject frames with a window above 8 MiB (RFC 9659), which levels up to 19 keep to.
    return lambda content: library.compress(content, level=19)


def _zstd_library() -> Any:
    return import_module(_IN_STANDARD_LIBRARY) if sys.version_info >= (3, 14) else import_module("backports.zstd")
