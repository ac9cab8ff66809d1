"""Decimals that a client can write and no program expects: NaN, infinity, and exponents of millions of digits.

A comparison with a signalling NaN raises, and `int(Decimal("1e999999999"))` fills the memory. As text both libraries
take them, of a query as of a body.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from ._type_tree import union_members, unwrap

MAX_DECIMAL_DIGITS: Final = 4300
"""The most digits before or after the point of a Decimal, the same as of an int."""

EXPECTED_DECIMAL: Final = f"Expected a finite number of at most {MAX_DECIMAL_DIGITS} digits"


_SCALARS: Final = frozenset((str, int, float, bool, type(None)))


class UnusualDecimal(ValueError):
    """A Decimal that no program expects."""


def is_usual(value: Decimal) -> bool:
    """Return whether a Decimal is finite and of a size that a program can compute with.

    >>> is_usual(Decimal("1.50")), is_usual(Decimal("NaN")), is_usual(Decimal("1e999999999"))
    (True, False, False)
    """
    return value.is_finite() and abs(value.adjusted()) <= MAX_DECIMAL_DIGITS


def are_usual(value: Any) -> bool:
    """Return whether every Decimal in a decoded value is usual."""
    kind: Any = type(value)
    if kind in _SCALARS:
        return True
    if kind is Decimal:
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


def checked(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a decoder that raises an `UnusualDecimal` for a value with one."""

    def make_usual(source: Any) -> Any:
        value = make(source)
        if not are_usual(value):
            raise UnusualDecimal(EXPECTED_DECIMAL)
        return value

    return make_usual


def require_usual(value: Any, annotation: Any) -> None:
    """Check one part of what was sent against its type.

    Raises:
        UnusualDecimal: the type is a Decimal and the value is none that is usual.
    """
    if any(unwrap(member).type is Decimal for member in union_members(unwrap(annotation).type)):
        try:
            usual = is_usual(Decimal(str(value)))
        except ArithmeticError:  # another member of the union
            return
        if not usual:
            raise UnusualDecimal(EXPECTED_DECIMAL)
