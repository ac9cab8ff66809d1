"""What the items of `Annotated` constrain: those of msgspec, pydantic, annotated-types and of this toolkit."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Iterable, Iterator
from typing import Any, Final

LENGTHS: Final = ("min_length", "max_length")
BOUNDS: Final = ("gt", "ge", "lt", "le")
DIGITS: Final = ("max_digits", "decimal_places", "whole_digits")
CHECKED: Final = frozenset((*BOUNDS, *LENGTHS, "multiple_of", "pattern", "tz", "predicate", *DIGITS, "uuid_version"))
"""What can be checked of a value that is decoded already."""

DESCRIPTIONS: Final = frozenset(("title", "description", "examples", "allow_inf_nan"))
"""What constrains nothing: texts for documents; and JSON has no NaN and no infinity."""

META: Final = (*BOUNDS, *LENGTHS, "multiple_of", "pattern", "tz")
_ANNOTATED_TYPES: Final = {
    "Gt": "gt",
    "Ge": "ge",
    "Lt": "lt",
    "Le": "le",
    "MultipleOf": "multiple_of",
    "MinLen": "min_length",
    "MaxLen": "max_length",
}
_FIELD_SETTINGS: Final = ("title", "description", "examples", "alias", "validation_alias", "discriminator")


class Constraint:
    """One constraint that the toolkit checks by itself, since msgspec does not.

    Its value is also the attribute that the item of a library has it under: `Constraint("ge", 1).ge`.
    """

    def __init__(self, name: str, value: Any) -> None:
        self.name = name
        self.value = value
        setattr(self, name, value)

    def __repr__(self) -> str:
        return f"Constraint({self.name}={self.value!r})"


def is_meta(item: Any) -> bool:
    """Return whether an item is a `msgspec.Meta`."""
    return type(item).__module__ == "msgspec" and type(item).__name__ == "Meta"


def meta_constraints(item: Any) -> dict[str, Any]:
    """Return the constraints of a `msgspec.Meta`."""
    return {name: value for name in META if (value := getattr(item, name)) is not None}


def constraints_of(item: Any) -> dict[str, Any] | None:
    """Return the constraints in an item of `Annotated`, by their names; None if it is no constraint.

    >>> from annotated_types import Interval
    >>> constraints_of(Interval(ge=1, lt=9))
    {'ge': 1, 'lt': 9}
    """
    if isinstance(item, Constraint):
        return {item.name: item.value}
    found = _read(item)
    if found and "max_digits" in found and "decimal_places" in found:  # as NUMERIC(6, 2) of a database
        found["whole_digits"] = found["max_digits"] - found["decimal_places"]
    return found


def _read(item: Any) -> dict[str, Any] | None:
    module = type(item).__module__
    name = type(item).__name__
    if module == "annotated_types":
        return _of_annotated_types(item, name)
    if module == "pydantic.fields" and name == "FieldInfo":
        constraints = _merged(item.metadata)
        constraints |= {key: value for key in _FIELD_SETTINGS if (value := getattr(item, key, None)) is not None}
        return constraints if item.is_required() else {**constraints, "default": item.get_default()}
    if module.startswith("pydantic"):
        return {key: value for key, value in _public(item) if value is not None}
    own: Any = getattr(item, "constraints", None) if module.startswith("armillary.") else None
    return None if own is None else {**own()}


def _of_annotated_types(item: Any, name: str) -> dict[str, Any]:
    if name in _ANNOTATED_TYPES:
        key = _ANNOTATED_TYPES[name]
        return {key: getattr(item, key)}
    if name == "Timezone":
        return {"tz": True if item.tz is ... else False if item.tz is None else item.tz}
    if name == "Predicate":
        return {"predicate": item.func}
    if "GroupedMetadata" in (base.__name__ for base in type(item).__mro__):
        return _merged(item)
    return {} if name in ("DocInfo", "Unit") else {name: item}


def _public(item: Any) -> Iterator[tuple[str, Any]]:
    names = getattr(item, "__dict__", None) or {name: getattr(item, name, None) for name in _slots(item)}
    yield from names.items()


def _slots(item: Any) -> Iterator[str]:
    for base in type(item).__mro__:
        yield from base.__dict__.get("__slots__", ())


def _merged(items: Iterable[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for item in items:
        merged |= constraints_of(item) or {}
    return merged
