"""The members of a JSON object, or of an array by position, that a structured type stands for."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from armillary.serialization import NO_DEFAULT, fields_of, made_fields_of

Mode = Literal["input", "output"]


class Member(NamedTuple):
    """One member of a JSON object.

    Attributes:
        name: as in JSON.
        annotation: its type; type variables are filled in.
        required: whether what is received must have it.
        always: whether what is sent always has it.
        default: `NO_DEFAULT` if it has none, or one that is made for each value.
    """

    name: str
    annotation: Any
    required: bool
    always: bool
    default: Any = NO_DEFAULT


def is_structured(annotation: Any) -> bool:
    """Return whether values of a type are JSON objects with known members, or arrays of them by position."""
    cls: Any = get_origin(annotation) or annotation
    marks = ("__struct_fields__", "__dataclass_fields__", "__required_keys__", "__attrs_attrs__")
    return inspect.isclass(cls) and (any(hasattr(cls, mark) for mark in marks) or is_named_tuple(cls))


def is_named_tuple(cls: type) -> bool:
    return hasattr(cls, "_fields") and issubclass(cls, tuple)


def members(annotation: Any, mode: Mode) -> Iterator[Member]:
    """Yield the members of a structured type.

    Args:
        annotation: the type.
        mode: whether values are received or sent.

    Raises:
        TypeError: an annotation does not resolve.
    """
    cls: Any = get_origin(annotation) or annotation
    try:
        yield from named_tuple_members(cls) if is_named_tuple(cls) else object_members(annotation, cls, mode)
    except NameError as exc:
        raise TypeError(
            f"{cls.__module__}.{cls.__qualname__}: the annotation {exc.name!r} does not resolve; import it at run time"
        ) from exc


def object_members(annotation: Any, cls: Any, mode: Mode) -> Iterator[Member]:
    made = made_fields_of(annotation) if mode == "output" else ()
    hides_private = mode == "output" and (hasattr(cls, "__dataclass_fields__") or hasattr(cls, "__attrs_attrs__"))
    for field in (*(fields_of(annotation) or ()), *made):
        if hides_private and field.name.startswith("_"):  # msgspec receives it, and does not send it
            continue
        hint, unset = without_unset(field.annotation)
        leaves_out = unset or (leaves_out_defaults(cls) and not field.required)
        always = field.required if hasattr(cls, "__required_keys__") else not leaves_out
        yield Member(field.alias, hint, field.required, always, NO_DEFAULT if unset else field.default)


def leaves_out_defaults(cls: Any) -> bool:
    """Return whether values are sent without the members that have their defaults."""
    config = getattr(cls, "__struct_config__", None)
    return config is not None and bool(config.omit_defaults)


def named_tuple_members(cls: Any) -> Iterator[Member]:
    hints = get_type_hints(cls, include_extras=True)
    for name in cls._fields:
        default = cls._field_defaults.get(name, NO_DEFAULT)
        yield Member(name, hints.get(name, Any), default is NO_DEFAULT, True, default)


def without_unset(hint: Any) -> tuple[Any, bool]:
    """Return a type without msgspec's `UnsetType` among its alternatives, and whether it was there."""
    arguments = get_args(hint)
    unset = getattr(sys.modules.get("msgspec"), "UnsetType", None)
    if unset is None or unset not in arguments:
        return hint, False
    rest = [argument for argument in arguments if argument is not unset]
    union: Any = rest[0]
    for argument in rest[1:]:
        union = union | argument
    return union, True
