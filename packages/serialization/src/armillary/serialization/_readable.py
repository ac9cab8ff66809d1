"""Whether JSON can be read into a type: msgspec takes any class, and then no value."""

from __future__ import annotations

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
import collections.abc as abc
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final
from uuid import UUID

import msgspec

from ._fields import fields_of, type_holds
from ._text_classes import is_text_class

_SCALARS = {NoneType, bool, int, float, str, bytes, bytearray, memoryview}
_TEXTS = {datetime, date, time, timedelta, UUID, Decimal}
_CONTAINERS = {list, tuple, set, frozenset, dict, abc.Collection, abc.Sequence, abc.MutableSequence, abc.Set}
_OTHERS = {abc.MutableSet, abc.Mapping, abc.MutableMapping, UnionType, Any, object, msgspec.Raw, msgspec.UnsetType}
_KNOWN: Final[set[Any]] = {*_SCALARS, *_TEXTS, *_CONTAINERS, *_OTHERS}


def unreadable_class(annotation: Any) -> type | None:
    """Return a class in a type that msgspec cannot make of JSON, if there is one.

    >>> unreadable_class(dict[str, list[complex]])
    <class 'complex'>
    """
    found: list[type] = []

    def is_unreadable(kind: Any) -> bool:
        if not isinstance(kind, type) or kind in _KNOWN or issubclass(kind, Enum) or is_text_class(kind):
            return False
        if fields_of(kind) is not None or (issubclass(kind, tuple) and hasattr(kind, "_fields")):
            return False
        found.append(kind)
        return True

    return found[0] if type_holds(annotation, is_unreadable) else None
