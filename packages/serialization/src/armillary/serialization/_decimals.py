"""Decimals that a client can write and no program expects: NaN, infinity, and exponents of millions of digits.

A comparison with a signalling NaN raises, and `int(Decimal("1e999999999"))` fills the memory. As text both libraries
take them, of a query as of a body.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from ._type_tree import union_members, unwrap

if TYPE_CHECKING:  # most programs have none
    from decimal import Decimal

MAX_DECIMAL_DIGITS: Final = 4300
"""The most digits before or after the point of a Decimal, the same as of an int."""

EXPECTED_DECIMAL: Final = f"Expected a finite number of at most {MAX_DECIMAL_DIGITS} digits"

EXPECTED_DIGITS: Final = "Expected a number written with the digits 0 to 9"

_ODD_IN_JSON: Final = re.compile(rb'"(?=[^"]*[_\s\\\x80-\xff])[0-9_.eE+\-\s\\\x80-\xffa-fA-Funrt]*"')
"""A string of digits, in any script and however they are escaped, with something that is no digit."""

_SCALARS: Final = frozenset((str, int, float, bool, type(None)))


class UnusualDecimal(ValueError):
    """A Decimal that no program expects."""


def is_usual(value: Decimal) -> bool:
    """Return whether a Decimal is finite and of a size that a program can compute with.

    >>> from decimal import Decimal
    >>> is_usual(Decimal("1.50")), is_usual(Decimal("NaN")), is_usual(Decimal("1e999999999"))
    (True, False, False)
    """
    return value.is_finite() and abs(value.adjusted()) <= MAX_DECIMAL_DIGITS


def is_plain_number(text: str) -> bool:
    """Return whether a text that Python reads as a number has nothing that Python alone takes for a part of one.

    >>> is_plain_number("1.5"), is_plain_number("1_000"), is_plain_number("٣"), is_plain_number(" 1")
    (True, False, False, False)
    """
    return text.isascii() and "_" not in text and text == text.strip()


def read_decimal(text: str) -> Decimal:
    """Return the Decimal that a text is.

    Raises:
        UnusualDecimal: it is none, or one that no program expects.
    """
    from decimal import Decimal, InvalidOperation

    try:
        value = Decimal(text)
    except InvalidOperation:
        raise UnusualDecimal(EXPECTED_DECIMAL) from None
    if not is_usual(value):
        raise UnusualDecimal(EXPECTED_DECIMAL)
    if not is_plain_number(text):
        raise UnusualDecimal(EXPECTED_DIGITS)
    return value


def may_be_odd(source: Any) -> bool:
    """Return whether a JSON text, or a value made of what JSON has, may hold a number written as Python alone reads it.

    The few that do are looked at more closely.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _ODD_IN_JSON.search(source) is not None
    if isinstance(source, str):
        return any(character.isdigit() for character in source) and not is_plain_number(source)
    if isinstance(source, Mapping):
        return any(may_be_odd(key) or may_be_odd(item) for key, item in source.items())
    return isinstance(source, list | tuple) and any(map(may_be_odd, source))


def are_usual(value: Any) -> bool:
    """Return whether every Decimal in a decoded value is usual."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return True
    if kind.__module__ == "decimal":
        return is_usual(value)
    if isinstance(value, Mapping):
        return all(are_usual(key) and are_usual(item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(are_usual, value))
    if hasattr(kind, "__attrs_attrs__"):
        names: Any = [attribute.name for attribute in kind.__attrs_attrs__]
    else:
        fields = ("__struct_fields__", "__dataclass_fields__", "__pydantic_fields__")
        names = next((found for name in fields if (found := getattr(kind, name, None))), ())
    return all(are_usual(getattr(value, name, None)) for name in names)


def checked(make: Callable[[Any], Any], is_odd: Callable[[Any], bool]) -> Callable[[Any], Any]:
    """Return a decoder that raises an `UnusualDecimal` for a value with one.

    Args:
        make: the decoder.
        is_odd: whether a source of which `may_be_odd` says so has a number that Python alone reads.
    """

    def make_usual(source: Any) -> Any:
        value = make(source)
        if not are_usual(value) or (may_be_odd(source) and is_odd(source)):
            raise UnusualDecimal(EXPECTED_DECIMAL)
        return value

    return make_usual


def require_usual(value: Any, annotation: Any) -> None:
    """Check one part of what was sent against its type.

    Raises:
        UnusualDecimal: the type is a Decimal and the value is none that is usual.
    """
    from decimal import Decimal

    if any(unwrap(member).type is Decimal for member in union_members(unwrap(annotation).type)):
        try:
            Decimal(str(value))
        except ArithmeticError:  # another member of the union
            return
        read_decimal(str(value))
