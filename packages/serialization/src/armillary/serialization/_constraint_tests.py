"""Which constraints a type can have, who checks them, and how a decoded value is tested against one."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import operator
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Context, Decimal
from enum import Enum
from typing import Any, Final, get_origin
from uuid import UUID

from ._constraint_items import BOUNDS, LENGTHS

Test = Callable[[Any], bool]

MAX_BOUND: Final = 2**63
"""The bounds that msgspec takes are smaller."""

_EXACT: Final = Context(prec=9_000)
"""Enough digits for how often one Decimal is in another."""

_NUMBERS: Final = (int, float, Decimal)
_TIMES: Final = (date, datetime, time, timedelta)
_OF_ONE_TYPE: Final[dict[str, Any]] = {
    "max_digits": Decimal,
    "decimal_places": Decimal,
    "whole_digits": Decimal,
    "pattern": str,
    "uuid_version": UUID,
}
_COMPARISONS: Final[dict[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
}


def applies(name: str, value: Any, type_: Any) -> bool:
    """Return whether a type, no union, can have a constraint.

    >>> applies("ge", 1, Decimal), applies("ge", 1, str)
    (True, False)
    """
    base: Any = get_origin(type_) or type_
    if name == "predicate":
        return True
    if not isinstance(base, type):
        return False
    if name in LENGTHS:
        return any("__len__" in vars(each) for each in base.__mro__)  # not of its own class, as enumerations have it
    if name == "tz":
        return base is datetime or (base is time and isinstance(value, bool))  # the offset of a zone is that of a day
    if name in _OF_ONE_TYPE:
        return base is _OF_ONE_TYPE[name]
    if name == "multiple_of" and base is timedelta:
        return isinstance(value, timedelta)
    if base in _NUMBERS:
        return isinstance(value, _NUMBERS) and not isinstance(value, bool)
    return name in BOUNDS and base in _TIMES and type(value) is base


def is_checked_by_msgspec(name: str, value: Any, type_: Any) -> bool:
    """Return whether msgspec checks a constraint that a type can have."""
    if name == "predicate" or (name in _OF_ONE_TYPE and name != "pattern"):
        return False
    if name == "tz":
        return isinstance(value, bool)
    if name in (*BOUNDS, "multiple_of"):
        if type_ not in (int, float) or not isinstance(value, int | float) or abs(value) >= MAX_BOUND:
            return False
        return name != "multiple_of" or value % 1 == 0  # by msgspec 0.3 is no multiple of 0.1
    return not (isinstance(type_, type) and issubclass(type_, Enum))


def test_of(name: str, value: Any, type_: Any) -> tuple[Test, str]:
    """Return a function that tests a decoded value, and what the message says is expected."""
    base: Any = get_origin(type_) or type_
    expected = f"Expected `{getattr(base, '__name__', 'value')}`"
    value = _as_number_of(base, value)
    if name in _COMPARISONS:
        sign, compare = _COMPARISONS[name]
        return _computed(lambda item: compare(item, value)), f"{expected} {sign} {value}"
    if name == "multiple_of":
        return _computed(_multiple_test(value, base)), f"{expected} that's a multiple of {value}"
    if name == "min_length":
        return lambda item: len(item) >= value, f"{expected} of length >= {value}"
    if name == "max_length":
        return lambda item: len(item) <= value, f"{expected} of length <= {value}"
    if name == "pattern":
        search = re.compile(value).search
        return lambda item: search(item) is not None, f"{expected} matching regex {getattr(value, 'pattern', value)!r}"
    if name == "tz":
        return _zone_test(value, expected)
    if name == "max_digits":
        return _computed(lambda item: _digits(item)[0] <= value), f"{expected} of at most {value} digits"
    if name == "decimal_places":
        return _computed(lambda item: _digits(item)[1] <= value), f"{expected} of at most {value} decimal places"
    if name == "whole_digits":
        return _computed(
            lambda item: not item or item.adjusted() < value
        ), f"{expected} of at most {value} digits before the point"
    if name == "uuid_version":
        return lambda item: item.version == value, f"{expected} of version {value}"
    return _predicate_test(value, expected)


def _as_number_of(base: Any, value: Any) -> Any:
    """Return a bound that can be computed with beside a number: Decimal and float do not mix."""
    if isinstance(value, float) and base is Decimal:
        return Decimal(str(value))
    return float(value) if isinstance(value, Decimal) and base is float else value


def _computed(compute: Test) -> Test:
    """Return a test that a value fails which cannot be computed with, as a time with a zone beside one without."""

    def test(item: Any) -> bool:
        try:
            return bool(compute(item))
        except (TypeError, ValueError, ArithmeticError):
            return False

    return test


def _multiple_test(value: Any, base: Any) -> Test:
    if Decimal in (base, type(value)):
        return lambda item: not _EXACT.remainder(item, value)
    if isinstance(value, float):
        return lambda item: abs(item / value - round(item / value)) < 1e-9
    return lambda item: not item % value


def _predicate_test(predicate: Test, expected: str) -> tuple[Test, str]:
    name = getattr(predicate, "__name__", type(predicate).__name__)
    named = "its predicate" if name == "<lambda>" else f"the predicate `{name}`"

    def test(item: Any) -> bool:
        try:
            return bool(predicate(item))
        except (ValueError, AssertionError):
            return False

    return test, f"{expected} that meets {named}"


def _zone_test(value: Any, expected: str) -> tuple[Test, str]:
    if isinstance(value, bool):
        word = "a" if value else "no"
        return lambda item: (item.tzinfo is not None) is value, f"{expected} with {word} timezone component"
    zone = value if isinstance(value, tzinfo) else _zone_named(value)

    def is_in_zone(item: Any) -> bool:
        return item.tzinfo is not None and item.utcoffset() == item.astimezone(zone).utcoffset()

    return _computed(is_in_zone), f"{expected} in the timezone {value}"


def _zone_named(name: Any) -> tzinfo:
    """Return a zone of the database.

    Raises:
        TypeError: there is none of the name.
    """
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError) as exc:  # OSError: the name is that of a folder, such as "Europe"
        raise TypeError(f"tz={name!r}: there is no such time zone; name one of zoneinfo.available_timezones()") from exc


def _digits(value: Decimal) -> tuple[int, int]:
    """Return how many digits a number has, and how many are after its point; zeros at its end do not count."""
    _, digits, exponent = value.as_tuple()  # of all digits: what computes rounds to those of its context
    assert isinstance(exponent, int)  # NaN and infinity were rejected
    if not value:
        return 1, 0
    count = len(digits)
    while not digits[count - 1]:
        count -= 1
    exponent += len(digits) - count
    places = max(0, -exponent)
    return max(count + max(0, exponent), places), places
