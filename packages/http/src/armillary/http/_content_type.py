"""The `content-type` and `content-length` header pairs, each encoded once."""

from __future__ import annotations

from typing import TypeAlias

RawHeader: TypeAlias = tuple[bytes, bytes]

_MAX_CACHED_TYPES = 256
_MAX_CACHED_LENGTHS = 16_384


class _ContentTypes(dict[tuple[str, str], RawHeader]):
    """Media types and charsets to their header; bounded, since a media type may come from a client."""

    def __missing__(self, key: tuple[str, str]) -> RawHeader:
        header = (b"content-type", _encoded(*key))
        if len(self) < _MAX_CACHED_TYPES:
            self[key] = header
        return header


def _encoded(media_type: str, charset: str) -> bytes:
    if media_type.startswith("text/") and "charset=" not in media_type.lower():
        media_type = f"{media_type}; charset={charset}"
    if not media_type.isascii() or not media_type.isprintable():
        raise ValueError(f"media_type={media_type!r} is not a media type: it must be printable ASCII")
    return media_type.encode("ascii")


class _ContentLengths(dict[int, RawHeader]):
    """Body lengths to their header; larger ones are encoded each time."""

    def __missing__(self, length: int) -> RawHeader:
        header = (b"content-length", b"%d" % length)
        if length < _MAX_CACHED_LENGTHS:
            self[length] = header
        return header


CONTENT_TYPES = _ContentTypes()
"""`CONTENT_TYPES[media_type, charset]` is the header pair; `text/*` gets the charset (RFC 9110 section 8.3)."""

CONTENT_LENGTHS = _ContentLengths()
"""`CONTENT_LENGTHS[length]` is the header pair (RFC 9110 section 8.6)."""
