"""Conversion of the text of a path or query parameter to its annotated type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin
from uuid import UUID

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


class Conversion(NamedTuple):
    """How text becomes a value.

    Attributes:
        convert: converts the text; raises ValueError if the text is invalid.
        expected: describes a valid value, for a message such as "must be a whole number".
        types: values of these types are used unchanged.
        many: whether the parameter may be repeated, and its value is a list.
        optional: whether None is a value.
    """

    convert: Callable[[str], Any]
    expected: str
    types: tuple[type, ...]
    many: bool = False
    optional: bool = False


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or not _is_plain(text):
        raise ValueError
    return value


def _is_plain(text: str) -> bool:
    # Python also accepts digits of other scripts, underscores between digits and spaces around them.
    return text.isascii() and "_" not in text and text == text.strip()


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError from None
    if not value.is_finite() or not _is_plain(text) or abs(value.adjusted()) > MAX_DIGITS:
        raise ValueError
    return value


def _uuid(text: str) -> UUID:
    value = UUID(text)
    if value.hex not in text.lower().replace("-", ""):  # parsed as a number, with underscores or a sign
        raise ValueError
    return value


def _boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError from None


SCALARS: Final[dict[Any, Conversion]] = {
    str: Conversion(str, "text", (str,)),
    int: Conversion(_integer, "a whole number", (int,)),
    float: Conversion(_float, "a number", (float, int)),
    Decimal: Conversion(_decimal, "a number", (Decimal,)),
    bool: Conversion(_boolean, "true or false", (bool,)),
    UUID: Conversion(_uuid, "a UUID", (UUID,)),
    datetime: Conversion(datetime.fromisoformat, "a date and time such as 2026-01-31T12:00:00", (datetime,)),
    date: Conversion(date.fromisoformat, "a date such as 2026-01-31", (date,)),
    time: Conversion(time.fromisoformat, "a time such as 12:00:00", (time,)),
}


def conversion_for(annotation: Any) -> Conversion | None:
    """Return the conversion for an annotation; None if it is not one of a path or query parameter.

    >>> conversion_for(list[int]).convert("7")
    7
    """
    try:
        found = SCALARS.get(annotation)
    except TypeError:  # such as the metadata of Annotated[int, {}], which cannot be hashed
        found = None
    if found is not None:
        return found
    origin: Any = get_origin(annotation)
    arguments: tuple[Any, ...] = get_args(annotation)
    if origin is Annotated:
        kind, *metadata = arguments
        return None if any("dishka" in type(item).__module__ for item in metadata) else conversion_for(kind)
    if origin in (Union, UnionType):
        rest: list[Any] = [argument for argument in arguments if argument is not NoneType]
        inner = conversion_for(rest[0]) if len(rest) == 1 else None
        return None if inner is None else inner._replace(optional=True)
    if origin is list and arguments:
        inner = conversion_for(arguments[0])
        return None if inner is None or inner.many else inner._replace(many=True)
    if origin is Literal:
        return _one_of({str(value): value for value in arguments}, ())
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _one_of({str(member.value): member for member in annotation}, (annotation,))
    return None


def _one_of(choices: dict[str, Any], types: tuple[type, ...]) -> Conversion:
    def choose(text: str) -> Any:
        try:
            return choices[text]
        except KeyError:
            raise ValueError from None

    return Conversion(choose, f"one of {', '.join(choices)}", types)
