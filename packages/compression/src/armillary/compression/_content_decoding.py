"""Decoders of request bodies, which return a bounded piece at a time.

Every decoder is fed small slices, since it copies what it has not used yet at each call.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

from ._installed import MissingLibrary
from ._zstd import MAX_WINDOW_LOG, zstd_library

MAX_SLICE_SIZE = 16 * 1024
"""The most bytes a decoder is given at once."""

ALLOWED_EMPTY_MEMBERS = 64
MIN_BYTES_PER_MEMBER = 1024


class MalformedBody(ValueError):
    """The bytes are not what the coding says."""


class Decoder(Protocol):
    """Decodes one body."""

    @property
    def needs_input(self) -> bool:
        """Whether everything given so far was decoded."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the body may end here."""
        ...

    def decode(self, data: bytes, limit: int, /) -> bytes:
        """Take a slice, b"" while `needs_input` is false, and return at most `limit` decoded bytes.

        Raises:
            MalformedBody: the bytes are not what the coding says.
        """
        ...


class DeflateDecoder:
    """gzip (RFC 1952), zlib (RFC 1950) and, as some senders of "deflate" do, raw deflate (RFC 1951).

    A gzip body may have several members, as long as they are not mere overhead.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._stream: Any = None
        self._unused = b""
        self._filled = False
        self._members = 0
        self._length = 0

    @property
    def needs_input(self) -> bool:
        return not self._unused and not self._filled

    @property
    def complete(self) -> bool:
        return self._stream is None and self.needs_input

    def decode(self, data: bytes, limit: int, /) -> bytes:
        data = self._unused + data
        self._unused = b""
        if self._stream is None:
            if not data:
                return b""
            self._stream = self._open(data)
        try:
            decoded: bytes = self._stream.decompress(data, limit)
        except zlib.error:
            raise MalformedBody from None
        self._filled = len(decoded) >= limit
        self._length += len(decoded)
        if self._stream.eof:
            self._filled = False
            self._unused = self._stream.unused_data
            self._stream = None
        else:
            self._unused = self._stream.unconsumed_tail
        return decoded

    def _open(self, data: bytes) -> Any:
        self._members += 1
        if self._name == "gzip":
            if self._members > ALLOWED_EMPTY_MEMBERS + self._length // MIN_BYTES_PER_MEMBER:
                raise MalformedBody
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        if self._members > 1:
            raise MalformedBody
        # The first byte of a zlib stream names the method; no raw stream in use begins so.
        return zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS)


class BrotliDecoder:
    """br (RFC 7932)."""

    def __init__(self, name: str) -> None:
        self._library: Any = import_module("brotli")
        self._stream: Any = self._library.Decompressor()
        self._begun = False

    @property
    def needs_input(self) -> bool:
        can_accept: bool = self._stream.can_accept_more_data()
        return can_accept or self._stream.is_finished()

    @property
    def complete(self) -> bool:
        finished: bool = self._stream.is_finished()
        return finished or not self._begun

    def decode(self, data: bytes, limit: int, /) -> bytes:
        if self._stream.is_finished():
            if data:
                raise MalformedBody
            return b""
        self._begun = self._begun or bool(data)
        try:
            decoded: bytes = self._stream.process(data, output_buffer_limit=limit)
        except self._library.error:
            raise MalformedBody from None
        return decoded


class ZstdDecoder:
    """zstd (RFC 8878), with windows of at most 8 MiB (RFC 9659) and any number of frames that hold something."""

    def __init__(self, name: str) -> None:
        self._library: Any = zstd_library()
        self._stream: Any = None
        self._unused = b""
        self._frames = 0
        self._length = 0

    @property
    def needs_input(self) -> bool:
        return not self._unused and (self._stream is None or self._stream.needs_input)

    @property
    def complete(self) -> bool:
        return self._stream is None and not self._unused

    def decode(self, data: bytes, limit: int, /) -> bytes:
        data = self._unused + data
        self._unused = b""
        if self._stream is None:
            if not data:
                return b""
            self._stream = self._open()
        try:
            decoded: bytes = self._stream.decompress(data, limit)
        except self._library.ZstdError:
            raise MalformedBody from None
        self._length += len(decoded)
        if self._stream.eof:
            self._unused = self._stream.unused_data
            self._stream = None
        return decoded

    def _open(self) -> Any:
        self._frames += 1
        if self._frames > ALLOWED_EMPTY_MEMBERS + self._length // MIN_BYTES_PER_MEMBER:
            raise MalformedBody
        largest = self._library.DecompressionParameter.window_log_max
        return self._library.ZstdDecompressor(options={largest: MAX_WINDOW_LOG})


DECODERS: Mapping[str, Callable[[str], Decoder]] = {
    "gzip": DeflateDecoder,
    "deflate": DeflateDecoder,
    "br": BrotliDecoder,
    "zstd": ZstdDecoder,
}
EXTRAS = {"br": "brotli", "zstd": "zstd"}


def find_decoders(names: Sequence[str] | None) -> dict[str, Callable[[str], Decoder]]:
    """Return how to make the decoders named, or all that are installed."""
    if isinstance(names, str):
        raise TypeError(f"codings is a list; write [{names!r}]")
    if names is not None and not names:
        raise ValueError("codings is empty; name at least one, such as 'gzip'")
    found: dict[str, Callable[[str], Decoder]] = {}
    for name in DECODERS if names is None else names:
        if name not in DECODERS:
            raise ValueError(f"codings: {name!r} is not a known coding; the known ones are {', '.join(DECODERS)}")
        try:
            DECODERS[name](name)
        except ModuleNotFoundError as error:
            if names is None:
                continue
            raise MissingLibrary(
                f"codings: {name!r} needs {error.name}: pip install 'armillary-compression[{EXTRAS[name]}]', "
                "or leave it out"
            ) from None
        found[name] = DECODERS[name]
    return found
