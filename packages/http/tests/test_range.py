from __future__ import annotations

import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.http import MalformedRange, UnsatisfiableRange, parse_ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-4", [(0, 5)]),
        ("bytes=5-", [(5, 100)]),
        ("bytes=-5", [(95, 100)]),
        ("bytes=-500", [(0, 100)]),
        ("bytes=90-500", [(90, 100)]),
        ("Bytes = 0-0", [(0, 1)]),
        ("bytes=0-4,,  90-", [(0, 5), (90, 100)]),
        ("bytes=50-60, 0-10", [(0, 11), (50, 61)]),
        ("bytes=0-10, 5-20, 20-30", [(0, 31)]),
        ("bytes=0-4, 5-9", [(0, 10)]),
        ("bytes=0-4, 200-", [(0, 5)]),
        ("bytes=0-99999999999999999999999999999999", [(0, 100)]),
    ],
)
def test_ranges_are_clamped_ordered_and_merged(header: str, expected: list[tuple[int, int]]) -> None:
    assert parse_ranges(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=200-300, 400-", f"bytes={'9' * 5000}-"])
def test_ranges_beyond_the_end_are_unsatisfiable(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        parse_ranges(header, 100)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes:0-4",
        "items=0-4",
        "bytes=",
        "bytes= , ,",
        "bytes=4-0",
        "bytes=5",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-4, x",
        "bytes=+1-2",
        "bytes=1_0-20",
        "bytes=0x1-2",
        "bytes=١-٢",
        "bytes=²-",
        "bytes=--1",
        "bytes=1-2-3",
    ],
)
def test_bad_syntax_is_malformed(header: str) -> None:
    with pytest.raises(MalformedRange):
        parse_ranges(header, 100)


def test_lenient_reading_skips_what_is_no_range() -> None:
    assert parse_ranges("bytes=100, x, ١-٢, 0-4", 100, lenient=True) == [(0, 5)]
    with pytest.raises(MalformedRange, match="must be requested"):
        parse_ranges("bytes=abc-def", 100, lenient=True)
    with pytest.raises(MalformedRange, match="less than end"):
        parse_ranges("bytes=5-4, 0-4", 100, lenient=True)
    with pytest.raises(UnsatisfiableRange):
        parse_ranges("bytes=0-4, 100-104", 100, lenient=True)
    with pytest.raises(UnsatisfiableRange):
        parse_ranges("bytes=0-4, 104-100", 100, lenient=True)


def test_of_nothing_a_suffix_is_everything_and_a_position_unsatisfiable() -> None:
    assert parse_ranges("bytes=-5", 0) is None
    with pytest.raises(UnsatisfiableRange):
        parse_ranges("bytes=0-", 0)


def test_too_many_ranges_mean_the_whole() -> None:
    header = "bytes=" + ",".join(f"{2 * index}-{2 * index}" for index in range(100))
    ranges = parse_ranges(header, 1000)
    assert ranges is not None
    assert len(ranges) == 100
    assert parse_ranges(header + ",500-501", 1000) is None


def _lines_run(header: str) -> int:
    count = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)
    try:
        parse_ranges(header, 10**9, max_ranges=10**6)
    finally:
        sys.settrace(None)
    return count


def test_work_grows_with_the_number_of_ranges_not_its_square() -> None:
    def overlapping(count: int) -> str:
        return "bytes=" + ",".join(f"{index}-{10**6 + index}" for index in range(count))

    def apart(count: int) -> str:
        return "bytes=" + ",".join(f"{10 * index}-{10 * index}" for index in reversed(range(count)))

    for shape in (overlapping, apart):
        assert _lines_run(shape(16 * 100)) < 24 * _lines_run(shape(100))


@given(
    st.integers(0, 50),
    st.lists(
        st.one_of(
            st.builds("{}-{}".format, st.integers(0, 60), st.integers(0, 60)),
            st.builds("{}-".format, st.integers(0, 60)),
            st.builds("-{}".format, st.integers(0, 60)),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_exactly_the_requested_bytes_are_covered(size: int, specs: list[str]) -> None:
    def wanted(spec: str) -> set[int]:
        first, _, last = spec.partition("-")
        if not first:
            return set(range(max(0, size - int(last)), size))
        return set(range(int(first), min(int(last) + 1, size) if last else size))

    try:
        ranges = parse_ranges("bytes=" + ", ".join(specs), size)
    except MalformedRange:
        assert any(a and b and int(a) > int(b) for a, _, b in (spec.partition("-") for spec in specs))
        return
    except UnsatisfiableRange:
        assert not any(map(wanted, specs))
        return
    if ranges is None:
        assert size == 0
        return
    assert {byte for start, stop in ranges for byte in range(start, stop)} == set().union(*map(wanted, specs))
    for before, after in pairwise(ranges):
        assert before.stop < after.start


@given(st.text(max_size=40), st.integers(0, 20))
def test_no_header_raises_anything_else(text: str, size: int) -> None:
    for header in (text, f"bytes={text}"):
        try:
            parse_ranges(header, size)
        except (MalformedRange, UnsatisfiableRange):
            pass
