"""The members of a structured type, whichever library it is of."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from ._typing_forms import is_form

Mode = Literal["input", "output"]

MISSING: Any = object()


class Member(NamedTuple):
    """One member of a JSON object.

    Attributes:
        name: as in JSON.
        annotation: its type; type variables are filled in.
        required: whether what is received must have it.
        always: whether what is sent always has it.
        default: `MISSING` if it has none, or one that is made for each value.
    """

    name: str
    annotation: Any
    required: bool
    always: bool
    default: Any = MISSING


def is_structured(annotation: Any) -> bool:
    """Return whether values of a type are JSON objects with known members, or arrays of them by position."""
    cls: Any = get_origin(annotation) or annotation
    marks = ("__struct_fields__", "__dataclass_fields__", "__required_keys__", "__attrs_attrs__")
    if not inspect.isclass(cls):
        return False
    return any(hasattr(cls, mark) for mark in marks) or is_named_tuple(cls)


def is_named_tuple(cls: type) -> bool:
    return hasattr(cls, "_fields") and issubclass(cls, tuple)


def members(annotation: Any) -> Iterator[Member]:
    """Yield the members of a structured type.

    Raises:
        TypeError: an annotation does not resolve.
    """
    cls: Any = get_origin(annotation) or annotation
    if hasattr(cls, "__struct_fields__"):
        yield from struct_members(annotation, cls)
        return
    hints = resolved_hints(cls)
    variables = dict(zip(getattr(cls, "__parameters__", ()), get_args(annotation), strict=False))
    for name, hint in hints.items():
        hints[name] = substituted(hint, variables)
    if hasattr(cls, "__required_keys__"):
        for name, hint in hints.items():
            hint, required = unqualified(hint, name in cls.__required_keys__)
            yield Member(name, hint, required, required)
    elif dataclasses.is_dataclass(cls):
        for field in dataclasses.fields(cls):
            has_default = field.default is not dataclasses.MISSING
            required = not has_default and field.default_factory is dataclasses.MISSING
            if not field.name.startswith("_"):
                default = field.default if has_default else MISSING
                yield Member(field.name, hints.get(field.name, Any), required, True, default)
    elif hasattr(cls, "__attrs_attrs__"):
        nothing = sys.modules["attr"].NOTHING
        for field in cls.__attrs_attrs__:
            required, made = field.default is nothing, hasattr(field.default, "factory")
            if not field.name.startswith("_"):
                default = MISSING if required or made else field.default
                yield Member(field.name, hints.get(field.name, Any), required, True, default)
    else:
        for name in cls._fields:
            required = name not in cls._field_defaults
            yield Member(name, hints.get(name, Any), required, True, cls._field_defaults.get(name, MISSING))


def struct_members(annotation: Any, cls: Any) -> Iterator[Member]:
    msgspec = sys.modules["msgspec"]
    for field in msgspec.structs.fields(annotation):
        hint, optional = without_unset(field.type, msgspec.UnsetType)
        default = MISSING if field.default is msgspec.NODEFAULT or optional else field.default
        always = not optional and not (cls.__struct_config__.omit_defaults and not field.required)
        yield Member(field.encode_name, hint, field.required, always, default)


def without_unset(hint: Any, unset: Any) -> tuple[Any, bool]:
    """Return a type without msgspec's `UnsetType` among its alternatives, and whether it was there."""
    arguments = get_args(hint)
    if unset not in arguments:
        return hint, False
    rest = tuple(argument for argument in arguments if argument is not unset)
    union: Any = rest[0]
    for argument in rest[1:]:
        union = union | argument
    return union, True


def unqualified(hint: Any, required: bool) -> tuple[Any, bool]:
    """Return the type inside Required, NotRequired and ReadOnly, and whether the key is required."""
    while is_form(origin := get_origin(hint), "Required", "NotRequired", "ReadOnly"):
        required = required if is_form(origin, "ReadOnly") else is_form(origin, "Required")
        (hint,) = get_args(hint)
    return hint, required


def resolved_hints(cls: type) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=True)
    except NameError as exc:
        raise TypeError(
            f"{cls.__module__}.{cls.__qualname__}: the annotation {exc.name!r} does not resolve; import it at run time"
        ) from exc


def substituted(hint: Any, variables: dict[Any, Any]) -> Any:
    """Return a type with its type variables filled in."""
    if not variables:
        return hint
    if isinstance(hint, TypeVar):
        return variables.get(hint, hint)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or isinstance(hint, type):
        return hint
    return hint[tuple(variables.get(parameter, parameter) for parameter in parameters)]
