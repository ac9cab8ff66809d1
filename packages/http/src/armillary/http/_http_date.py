"""HTTP dates (RFC 9110 section 5.6.7)."""

from __future__ import annotations

import time

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}


def format_http_date(timestamp: float) -> str:
    """Return the IMF-fixdate of a POSIX timestamp, fractions dropped.

    >>> format_http_date(784111777)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    year, month, day, hour, minute, second, weekday = time.gmtime(timestamp)[:7]
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


def parse_http_date(value: str) -> int | None:
    """Return the POSIX timestamp of an HTTP date in any of its three forms, or None for anything else.

    >>> parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT")
    784111777
    """
    if len(value) > 40 or not value.isascii():
        return None
    parts = value.replace(",", " ").split()
    try:
        if len(parts) == 6 and parts[5] == "GMT" and parts[0] in _DAYS:  # Sun, 06 Nov 1994 08:49:37 GMT
            return _timestamp(_number(parts[3], 4), parts[2], parts[1], parts[4])
        if len(parts) == 4 and parts[3] == "GMT" and parts[0] in _LONG_DAYS:  # Sunday, 06-Nov-94 08:49:37 GMT
            day, month, short_year = parts[1].split("-")
            return _timestamp(_full_year(_number(short_year, 2)), month, day, parts[2])
        if len(parts) == 5 and parts[0] in _DAYS:  # Sun Nov  6 08:49:37 1994
            return _timestamp(_number(parts[4], 4), parts[1], parts[2], parts[3])
    except ValueError:
        pass
    return None


def _full_year(short_year: int) -> int:
    # Two digits that would be more than 50 years ahead are in the past (RFC 9110 section 5.6.7).
    this_year = time.gmtime()[0]
    year = this_year - this_year % 100 + short_year
    return year - 100 if year > this_year + 50 else year


def _number(digits: str, *lengths: int) -> int:
    """Return a number of so many digits; `int` alone takes signs, underscores and any length."""
    if len(digits) not in lengths or not digits.isdigit():
        raise ValueError(digits)
    return int(digits)


def _timestamp(year: int, month_name: str, day_digits: str, clock: str) -> int:
    hour, minute, second = [_number(part, 1, 2) for part in clock.split(":")]
    month = _MONTH_NUMBERS.get(month_name, 0)
    day = _number(day_digits, 1, 2)
    if not (year >= 1 and month >= 1 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 60):
        raise ValueError(clock)
    days = _days_since_epoch(year, month, day)
    if day > 28 and days >= _days_since_epoch(year + month // 12, month % 12 + 1, 1):
        raise ValueError(day_digits)  # the month has no such day
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _days_since_epoch(year: int, month: int, day: int) -> int:
    # The civil calendar counted from 1 March, so that the leap day ends a year.
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719_469
