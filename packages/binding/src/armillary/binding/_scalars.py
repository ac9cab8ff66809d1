"""Reading the scalars that are written as text in a request; what is none is a ValueError."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

import msgspec

from armillary.serialization import is_plain_number

MAX_DIGITS: Final = 4300
"""The most digits that Python converts to an int by default."""

_INTEGER: Final = re.compile(rf"[+-]?[0-9]{{1,{MAX_DIGITS}}}")
_BOOLEANS: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}


def read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def read_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or not is_plain_number(text):
        raise ValueError
    return value


def read_uuid(text: str) -> UUID:
    value = UUID(text)
    if value.hex not in text.lower().replace("-", ""):  # parsed as a number, with underscores or a sign
        raise ValueError
    return value


_DATE: Final = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_FORMS: Final[dict[type, re.Pattern[str]]] = {
    date: re.compile(_DATE),
    time: re.compile(_TIME),
    datetime: re.compile(f"{_DATE}(?:[Tt ]{_TIME})?"),
}
"""As browsers and RFC 3339 write them, seconds and zone left out or not; the zone as `strftime` and PostgreSQL write it
too (+0530, +05). Python also takes weeks and digits alone."""


def read_date(text: str) -> date:
    return date.fromisoformat(_checked(date, text))


def read_time(text: str) -> time:
    return time.fromisoformat(_checked(time, text))


def read_datetime(text: str) -> datetime:
    return datetime.fromisoformat(_checked(datetime, text))


def _checked(kind: type, text: str) -> str:
    if not _FORMS[kind].fullmatch(text):
        raise ValueError
    return text.upper()


def read_boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError from None


def read_duration(text: str) -> timedelta:
    return msgspec.convert(text, timedelta)


def read_text(text: str) -> str:
    return text
