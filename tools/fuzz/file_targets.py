"""Fields about files: ranges by the sets of their bytes, dates by the calendar, names by reading them back."""

from __future__ import annotations

import calendar
import re
import time
from itertools import pairwise
from urllib.parse import unquote_to_bytes

from armillary.http import (
    ByteRange,
    MalformedRange,
    UnsatisfiableRange,
    format_content_disposition,
    format_http_date,
    parse_http_date,
    parse_ranges,
)

MAX_RANGES = 8
MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
CLOCK = r"(?P<clock>\d{1,2}:\d{1,2}:\d{1,2})"
DATES = [
    re.compile(rf"{DAY} (?P<day>\d\d?) (?P<month>[A-Z][a-z][a-z]) (?P<year>\d{{4}}) {CLOCK} GMT", re.ASCII),
    re.compile(rf"{LONG_DAY} (?P<day>\d\d?)-(?P<month>[A-Z][a-z][a-z])-(?P<year>\d\d) {CLOCK} GMT", re.ASCII),
    re.compile(rf"{DAY} (?P<month>[A-Z][a-z][a-z]) (?P<day>\d\d?) {CLOCK} (?P<year>\d{{4}})", re.ASCII),
]


def fuzz_ranges(data: bytes) -> None:
    text = data.decode("latin-1")
    for size in (0, 1, 60):
        expected = requested_bytes(text, size)
        found: list[ByteRange] | type[Exception] | None
        try:
            found = parse_ranges(text, size, max_ranges=MAX_RANGES)
        except (MalformedRange, UnsatisfiableRange) as exc:
            found = type(exc)
        if not isinstance(found, list):
            assert found is expected
            continue
        assert set().union(*(range(*part) for part in found)) == expected
        assert all(part.start < part.stop for part in found)
        assert all(before.stop < after.start for before, after in pairwise(found))


def requested_bytes(text: str, size: int) -> set[int] | type[Exception] | None:
    """Return which bytes RFC 9110 section 14.1.2 means, one by one; None for all, or the error."""
    match = re.fullmatch(r"\s*bytes\s*=(.*)", text, re.DOTALL | re.IGNORECASE)
    if match is None:
        return MalformedRange
    if match[1].count(",") >= MAX_RANGES:
        return None
    asked = [re.fullmatch(r"([0-9]*)[ \t]*-[ \t]*([0-9]*)", item) for item in items(match[1])]
    wanted: set[int] = set()
    for bounds in asked:
        first, last = (None if bounds is None else int(digits) if digits else None for digits in _digits(bounds))
        if first is None and last is None:
            return MalformedRange
        if first is not None and last is not None and last < first:
            return MalformedRange
        if first is None:
            if size == 0 and last:
                return None
            wanted |= {place for place in range(size) if place >= size - (last or 0)}
        else:
            wanted |= {place for place in range(size) if place >= first and (last is None or place <= last)}
    return wanted or (UnsatisfiableRange if asked else MalformedRange)


def items(text: str) -> list[str]:
    return [item for item in (item.strip(" \t") for item in text.split(",")) if item]


def _digits(bounds: re.Match[str] | None) -> tuple[str, str]:
    return ("", "") if bounds is None else (bounds[1], bounds[2])


def fuzz_http_date(data: bytes) -> None:
    text = data.decode("latin-1")
    parsed = parse_http_date(text)
    assert parsed == date_by_calendar(text)
    if parsed is not None:
        assert parse_http_date(format_http_date(parsed)) == parsed


def date_by_calendar(text: str) -> int | None:
    """Return the timestamp of an HTTP date; commas and white space separate its words, however many there are."""
    words = " ".join(re.findall(r"[^,\s]+", text))
    match = next(filter(None, (pattern.fullmatch(words) for pattern in DATES)), None)
    if match is None or len(text) > 40 or not text.isascii() or MONTHS.find(match["month"]) % 3:
        return None
    year, month, day = int(match["year"]), MONTHS.index(match["month"]) // 3 + 1, int(match["day"])
    hour, minute, second = map(int, match["clock"].split(":"))
    if len(match["year"]) == 2:
        now = time.gmtime().tm_year
        year += now - now % 100
        year -= 100 * (year > now + 50)
    if not year or not 1 <= day <= calendar.monthrange(year, month)[1] or hour > 23 or minute > 59 or second > 60:
        return None
    return calendar.timegm((year, month, day, hour, minute, second))


def fuzz_disposition(data: bytes) -> None:
    name = data.decode("utf-8", "surrogateescape")
    field = format_content_disposition("attachment", name)
    assert field.isascii()
    assert field.isprintable()
    quoted = re.fullmatch(r'attachment; filename="([^"\\%]*)"', field)
    encoded = re.fullmatch(r"attachment; filename\*=utf-8''((?:[A-Za-z0-9!#$&+.^_`|~/-]|%[0-9A-F]{2})*)", field)
    sent = re.sub("[\ud800-\udfff]", "\ufffd", name)
    if quoted is None:
        assert encoded is not None, field
        assert unquote_to_bytes(encoded[1]).decode() == sent
    else:
        assert quoted[1] == sent
