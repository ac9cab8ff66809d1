"""Guessing a media type from a file name."""

from __future__ import annotations

import mimetypes

mimetypes.init()  # reads the system's files, here and not in the first request
_COMPRESSED_TYPES = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "compress": "application/x-compress",
    "br": "application/x-brotli",
    "zstd": "application/zstd",
}
_UNKNOWN_TYPE = "application/octet-stream"
_MAX_CACHED_TYPES = 512
_by_suffixes: dict[str, str] = {}


def guess_media_type(filename: str) -> str:
    """Return the media type of a file name, "application/octet-stream" if unknown.

    A compressed file gets the type of its last suffix, since it is sent unchanged.

    >>> guess_media_type("page.html"), guess_media_type("archive.tar.gz")
    ('text/html', 'application/gzip')
    """
    base = filename.replace("\\", "/").rpartition("/")[2]
    stem, _, suffixes = base.partition(".")
    if not stem or not suffixes:
        return _UNKNOWN_TYPE
    parts = suffixes.rsplit(".", 2)[-2:]
    key = ".".join(parts)
    known = _by_suffixes.get(key)
    if known is None:
        known = _guess(f"file.{key}")
        if len(_by_suffixes) < _MAX_CACHED_TYPES and len(key) <= 32:
            _by_suffixes[key] = known
    return known


def _guess(filename: str) -> str:
    media_type, encoding = mimetypes.guess_type(filename)
    if encoding is not None:
        return _COMPRESSED_TYPES.get(encoding, _UNKNOWN_TYPE)
    return media_type or _UNKNOWN_TYPE
