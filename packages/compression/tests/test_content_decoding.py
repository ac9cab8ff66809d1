"""Decoders: the same result at every cut, nothing but MalformedBody for what is wrong, and linear work."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from armillary.compression import Brotli, Gzip, Zstd
from armillary.compression._content_decoding import DECODERS, Decoder, MalformedBody

CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": Gzip().encode,
    "deflate": zlib.compress,
    "br": Brotli().encode,
    "zstd": Zstd().encode,
}
every_coding = pytest.mark.parametrize("coding", CODERS)


def decode(decoder: Decoder, slices: list[bytes], limit: int = 1000) -> bytes:
    """Decode, never more than about `limit` bytes at once."""
    decoded = b""
    for part in slices:
        decoded += decoder.decode(part, limit)
        while not decoder.needs_input:
            decoded += decoder.decode(b"", limit)
    return decoded


def cut(body: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(body), *(place % (len(body) + 1) for place in cuts)})
    return [body[begin:end] for begin, end in pairwise(places)]


@every_coding
@given(body=st.binary(max_size=4000), repeats=st.integers(1, 20), cuts=st.lists(st.integers(0, 10_000), max_size=6))
@settings(max_examples=40)
def test_the_result_is_the_same_at_every_cut(coding: str, body: bytes, repeats: int, cuts: list[int]) -> None:
    decoder = DECODERS[coding](coding)
    assert decode(decoder, cut(CODERS[coding](body * repeats), cuts)) == body * repeats
    assert decoder.complete


@every_coding
@given(junk=st.binary(min_size=1, max_size=300))
@settings(max_examples=60)
def test_junk_is_malformed_or_incomplete_and_nothing_else(coding: str, junk: bytes) -> None:
    decoder = DECODERS[coding](coding)
    try:
        decode(decoder, [junk])
    except MalformedBody:
        pass


@every_coding
@given(at=st.integers(0, 1000))
@settings(max_examples=30)
def test_a_body_cut_short_is_never_complete(coding: str, at: int) -> None:
    coded = CODERS[coding](b"a star and another star" * 10)
    decoder = DECODERS[coding](coding)
    short = coded[: 1 + at % (len(coded) - 1)]
    decode(decoder, [short])
    assert not decoder.complete


def test_raw_deflate_is_read_as_some_send_it() -> None:
    stream = zlib.compressobj(wbits=-15)
    raw = stream.compress(b"star" * 100) + stream.flush()
    assert decode(DECODERS["deflate"]("deflate"), [raw]) == b"star" * 100


def test_a_gzip_body_may_have_members() -> None:
    coded = b"".join(gzip.compress(bytes([index]) * 2000) for index in range(200))
    assert len(decode(DECODERS["gzip"]("gzip"), [coded])) == 400_000


def test_a_zstd_body_may_have_frames() -> None:
    coded = b"".join(Zstd().encode(bytes([index]) * 2000) for index in range(200))
    assert len(decode(DECODERS["zstd"]("zstd"), [coded])) == 400_000


@pytest.mark.parametrize(
    ("coding", "member"),
    [
        pytest.param("gzip", gzip.compress(b"", mtime=0), id="gzip"),
        pytest.param("zstd", Zstd().encode(b""), id="zstd"),
        pytest.param("zstd", b"\x50\x2a\x4d\x18\x00\x00\x00\x00", id="zstd-skippable"),
    ],
)
def test_a_body_of_empty_members_is_rejected(coding: str, member: bytes) -> None:
    with pytest.raises(MalformedBody):
        decode(DECODERS[coding](coding), [member * 1000])


def test_a_zstd_window_above_8_mib_is_rejected() -> None:
    library: Any = Zstd()._library
    options = {library.CompressionParameter.window_log: 25, library.CompressionParameter.compression_level: 3}
    stream = library.ZstdCompressor(options=options)
    coded = stream.compress(b"x" * 100) + stream.flush()
    with pytest.raises(MalformedBody):
        decode(DECODERS["zstd"]("zstd"), [coded])


@every_coding
def test_sixteen_times_the_body_is_no_more_than_24_times_the_work(coding: str) -> None:
    def work(size: int) -> int:
        coded = CODERS[coding](b"star" * size)
        decoder = DECODERS[coding](coding)
        calls = 0

        def count(*_: Any) -> None:
            nonlocal calls
            calls += 1

        slices = [coded[at : at + 64] for at in range(0, len(coded), 64)]
        sys.setprofile(count)
        try:
            decode(decoder, slices, 4096)
        finally:
            sys.setprofile(None)
        return calls

    assert work(16 * 65536) <= 24 * work(65536)
