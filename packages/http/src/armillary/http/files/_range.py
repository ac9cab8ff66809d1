"""The Range header (RFC 9110 section 14)."""

from typing import NamedTuple

_REVERSED = "Range header: start must be less than end"
_MAX_DIGITS = 18  # below 2**63, and far below the length at which converting digits becomes slow


class ByteRange(NamedTuple):
    """Bytes `start` up to, not including, `stop`."""

    start: int
    stop: int

    def content_range(self, size: int) -> bytes:
        """Return the value of `content-range` for this part of `size` bytes."""
        return b"bytes %d-%d/%d" % (self.start, self.stop - 1, size)


class MalformedRange(ValueError):
    """A Range header that does not follow RFC 9110's grammar."""


class UnsatisfiableRange(ValueError):
    """A Range header with no range within the content."""


def parse_ranges(header: str, size: int, *, max_ranges: int = 100, lenient: bool = False) -> list[ByteRange] | None:
    """Return the requested ranges of `size` bytes: sorted, overlapping and adjacent ones merged.

    Args:
        header: the value of the Range header.
        size: the length of the content in bytes.
        max_ranges: how many ranges are considered; the work is O(n log n) in them.
        lenient: skip items that are not ranges, instead of rejecting the header as malformed; one that begins after
            the end makes the header unsatisfiable, before one that ends before its start makes it malformed.

    Returns:
        The ranges; None if the whole content should be sent: too many ranges are requested, or a
        suffix of empty content.

    Raises:
        MalformedRange: another unit, bad syntax, digits that are not ASCII, an end before its start.
        UnsatisfiableRange: every range begins after the end.

    >>> parse_ranges("bytes=0-4, 3-9, -5", 100)
    [ByteRange(start=0, stop=10), ByteRange(start=95, stop=100)]
    """
    unit, equals, listed = header.partition("=")
    if not equals:
        raise MalformedRange("Malformed range header.")
    if unit.strip().lower() != "bytes":
        raise MalformedRange("Only support bytes range")
    if listed.count(",") >= max_ranges:
        return None
    ranges: list[ByteRange] = []
    asked = is_outside = is_reversed = False
    for text in listed.split(","):
        text = text.strip(" \t")
        if not text:
            continue
        bounds = _parse_bounds(text)
        if bounds is None:
            if lenient:
                continue
            raise MalformedRange(f"Range header: {text!r} is not a byte range")
        asked = True
        start, end = bounds
        found = _resolve(bounds, size)
        if start is not None and end is not None and end < start:
            if not lenient:
                raise MalformedRange(_REVERSED)
            is_reversed = True
            is_outside |= start >= size
        elif found.start < found.stop:
            ranges.append(found)
        elif size == 0 and start is None and end:
            return None
        else:
            is_outside = True
    if not asked:
        raise MalformedRange("Range header: range must be requested")
    if not is_outside and is_reversed:
        raise MalformedRange(_REVERSED)
    if not ranges or (lenient and is_outside):
        raise UnsatisfiableRange(f"no requested range is within {size} bytes")
    return _merge(ranges)


def _parse_bounds(text: str) -> tuple[int | None, int | None] | None:
    first, dash, last = text.partition("-")
    first, last = first.rstrip(" \t"), last.lstrip(" \t")
    if not dash or not (first or last):
        return None
    try:
        start, end = _parse_position(first), _parse_position(last)
    except ValueError:
        return None
    return start, end


def _parse_position(digits: str) -> int | None:
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(digits)
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _resolve(bounds: tuple[int | None, int | None], size: int) -> ByteRange:
    start, end = bounds
    if start is None:
        return ByteRange(max(0, size - (end or 0)), size)
    return ByteRange(start, size if end is None else min(end + 1, size))


def _merge(ranges: list[ByteRange]) -> list[ByteRange]:
    ranges.sort()
    merged = [ranges[0]]
    for start, stop in ranges[1:]:
        last = merged[-1]
        if start > last.stop:
            merged.append(ByteRange(start, stop))
        elif stop > last.stop:
            merged[-1] = ByteRange(last.start, stop)
    return merged
