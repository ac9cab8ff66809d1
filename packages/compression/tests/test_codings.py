"""One suite for every coding: what goes in comes out, and each part can be read when it arrives."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from armillary.compression import Brotli, Coding, Gzip, Zstd

MAKERS: list[Any] = [
    pytest.param(Brotli, id="br"),
    pytest.param(Zstd, id="zstd"),
    pytest.param(lambda level=6: Gzip(level, engine="zlib"), id="gzip-zlib"),
    pytest.param(lambda level=6: Gzip(level, engine="zlib-ng"), id="gzip-zlib-ng"),
]
every_coding = pytest.mark.parametrize("make", MAKERS)
LEVELS = {"br": (0, 11), "zstd": (1, 19), "gzip": (0, 9)}


@every_coding
@given(parts=st.lists(st.binary(max_size=200), min_size=1, max_size=8))
@settings(max_examples=30)
def test_every_part_can_be_read_as_soon_as_it_is_sent(
    make: Callable[[], Coding], parts: list[bytes], reader: Any
) -> None:
    coding = make()
    encoder, read = coding.encoder(), reader(coding.name).read
    for index, part in enumerate(parts):
        assert read(encoder.encode(part, index == len(parts) - 1)) == part


@every_coding
@given(body=st.binary(max_size=5000))
@settings(max_examples=30)
def test_a_whole_body_round_trips(make: Callable[[], Coding], body: bytes, reader: Any) -> None:
    coding = make()
    assert reader(coding.name).read(coding.encode(body)) == body


@every_coding
def test_a_large_body_gets_much_smaller_at_every_level(make: Callable[[int], Coding], reader: Any) -> None:
    body = b'{"name": "vega", "magnitude": 0.03}' * 5000
    lowest, highest = LEVELS[make(1).name]
    for level in {max(1, lowest), 1, 3, highest}:
        coding = make(level)
        coded = coding.encode(body)
        assert len(coded) < len(body) / 20
        assert reader(coding.name).read(coded) == body


@every_coding
def test_a_level_out_of_range_is_rejected(make: Callable[..., Coding]) -> None:
    lowest, highest = LEVELS[make(1).name]
    for level in (lowest - 1, highest + 1):
        with pytest.raises(ValueError, match=f"from {lowest} to {highest}"):
            make(level)
    for wrong in ("6", True, 1.0):
        with pytest.raises(TypeError, match="is an int"):
            make(wrong)


def test_gzip_contains_neither_time_nor_machine() -> None:
    for engine in ("zlib", "zlib-ng"):
        coded = Gzip(engine=engine).encode(b"x" * 100)
        assert coded[4:8] == b"\0\0\0\0"


def test_gzip_is_coded_by_zlib_ng_if_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Gzip().engine == "zlib-ng"
    monkeypatch.setitem(sys.modules, "zlib_ng.zlib_ng", None)
    assert Gzip().engine == "zlib"
    with pytest.raises(ModuleNotFoundError):
        Gzip(engine="zlib-ng")


def test_an_engine_of_another_name_is_rejected() -> None:
    name: Any = "pigz"
    with pytest.raises(ValueError, match="'pigz'"):
        Gzip(engine=name)


def test_a_zstd_window_is_never_larger_than_receivers_must_accept() -> None:
    # Frame header of RFC 8878 section 3.1.1.1.2: exponent and mantissa of the window, at streaming.
    encoder = Zstd(19).encoder()
    coded = encoder.encode(bytes(100), False)
    assert not coded[4] & 0x20, "a single segment has no window descriptor"
    exponent, mantissa = coded[5] >> 3, coded[5] & 7
    base = 1 << (10 + exponent)
    assert base + base // 8 * mantissa <= 8 * 1024 * 1024


def test_both_gzip_engines_make_what_zlib_reads() -> None:
    for engine in ("zlib", "zlib-ng"):
        assert zlib.decompress(Gzip(9, engine=engine).encode(b"star" * 999), 31) == b"star" * 999
