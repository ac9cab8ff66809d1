"""Reading the scalars that are written as text in a request; what is none is a ValueError."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

import msgspec

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
    if not math.isfinite(value) or not _is_plain(text):
        raise ValueError
    return value


def _is_plain(text: str) -> bool:
    # Python also accepts digits of other scripts, underscores between digits and spaces around them.
    return text.isascii() and "_" not in text and text == text.strip()


def read_decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not value.is_finite() or not _is_plain(text) or abs(value.adjusted()) > MAX_DIGITS:
        raise ValueError
    return value


def read_uuid(text: str) -> UUID:
    value = UUID(text)
    if value.hex not in text.lower().replace("-", ""):  # parsed as a number, with underscores or a sign
        raise ValueError
    return value


def read_boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError from None


def read_duration(text: str) -> timedelta:
    return msgspec.convert(text, timedelta)


def read_text(text: str) -> str:
    return text
