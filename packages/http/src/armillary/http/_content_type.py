"""The `content-type` and `content-length` header pairs, each encoded once."""

from __future__ import annotations

from typing import TypeAlias

RawHeader: TypeAlias = tuple[bytes, bytes]

_MAX_CACHED_TYPES = 256
_MAX_CACHED_LENGTHS = 16_384


class _ContentTypes(dict[str, RawHeader]):
    """Media types to their header for one charset; bounded, since a media type may come from a client."""

    def __init__(self, charset: str) -> None:
        self.charset = charset

    def __missing__(self, media_type: str) -> RawHeader:
        header = (b"content-type", self.encode(media_type))
        if len(self) < _MAX_CACHED_TYPES:
            self[media_type] = header
        return header

    def encode(self, media_type: str) -> bytes:
        if media_type.startswith("text/") and "charset=" not in media_type.lower():
            media_type = f"{media_type}; charset={self.charset}"
        if not media_type.isascii() or not media_type.isprintable():
            raise ValueError(f"media_type={media_type!r} is not a media type: it must be printable ASCII")
        return media_type.encode("ascii")


class _Charsets(dict[str, _ContentTypes]):
    def __missing__(self, charset: str) -> _ContentTypes:
        types = _ContentTypes(charset)
        if len(self) < _MAX_CACHED_TYPES:
            self[charset] = types
        return types


class _ContentLengths(dict[int, RawHeader]):
    """Body lengths to their header; larger ones are encoded each time."""

    def __missing__(self, length: int) -> RawHeader:
        header = (b"content-length", b"%d" % length)
        if length < _MAX_CACHED_LENGTHS:
            self[length] = header
        return header


CONTENT_TYPES = _Charsets()
"""`CONTENT_TYPES[charset][media_type]` is the header pair; `text/*` gets the charset (RFC 9110 section 8.3)."""

CONTENT_LENGTHS = _ContentLengths()
"""`CONTENT_LENGTHS[length]` is the header pair (RFC 9110 section 8.6)."""
