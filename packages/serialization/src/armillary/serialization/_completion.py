"""Defaults that msgspec leaves to the class when it makes a dataclass.

Such an instance reads as it should, and yet what encodes or copies its `__dict__` misses the field: msgspec itself,
orjson, pickle.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Mapping
from typing import Any

from ._fields import type_holds


def leaves_defaults(annotation: Any) -> bool:
    """Return whether values of a type may hold dataclasses that have defaults and no slots."""
    return type_holds(annotation, lambda type_: bool(_defaults(type_)))


def complete(value: Any) -> None:
    """Set the missing defaults of every dataclass in a value that msgspec has made."""
    kind: Any = type(value)
    if isinstance(value, Mapping):
        for item in value.values():
            complete(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            complete(item)
    elif hasattr(kind, "__dataclass_fields__"):
        for name, default in _defaults(kind):
            value.__dict__.setdefault(name, default)
        for name in kind.__dataclass_fields__:
            complete(getattr(value, name, None))
    else:
        for name in getattr(kind, "__struct_fields__", ()):
            complete(getattr(value, name))
        for attribute in getattr(kind, "__attrs_attrs__", ()):
            complete(getattr(value, attribute.name))


def _defaults(kind: Any) -> list[tuple[str, Any]]:
    if not hasattr(kind, "__dataclass_fields__") or kind.__dictoffset__ == 0:
        return []
    from dataclasses import MISSING, fields  # loaded by whoever has made the dataclass

    return [(field.name, field.default) for field in fields(kind) if field.default is not MISSING]
