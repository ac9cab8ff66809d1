"""What is worked out of a type once, for all the parameters that are annotated alike.

A program has many of a few types, such as `Annotated[int, Query(ge=1)]`, and each is an object of its own. Types are
compared by what they are written as, not by `==`: `int | str` equals `str | int`, and is read in another order.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Callable, Hashable
from functools import wraps
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, get_args, get_origin

from ._constraint_items import META, is_meta

T = TypeVar("T")

_MODULES: Final = frozenset(("builtins", "datetime", "decimal", "uuid"))
"""The modules of classes that say all about themselves; of others there may be any number."""

_FORMS: Final[frozenset[Any]] = frozenset((list, tuple, set, frozenset, Union, UnionType))
_OBJECTS: Final = ("examples", "extra", "extra_json_schema")
_SETTINGS: Final = (*META, "title", "description")
_MAX_KNOWN: Final = 1024


def once_per_type(function: Callable[[Any], T]) -> Callable[[Any], T]:
    """Return a function of an annotation that works once for those of scalars which are written alike.

    Args:
        function: whose result is not changed by its callers, and depends on the annotation alone.
    """
    known: dict[Hashable, T] = {}

    @wraps(function)
    def call(annotation: Any) -> T:
        key = type_key(annotation)
        if key is None:
            return function(annotation)
        if key in known:
            return known[key]
        result = function(annotation)
        if len(known) < _MAX_KNOWN:
            known[key] = result
        return result

    return call


def type_key(annotation: Any) -> Hashable | None:
    """Return what tells a type of scalars from those that are written otherwise; None for any other type.

    >>> type_key(Annotated[int, 1]), type_key(str | None) == type_key(None | str)
    (None, False)
    """
    if isinstance(annotation, type) and annotation.__module__ in _MODULES:
        return annotation
    form = get_origin(annotation)
    if form is Annotated:
        type_, *metadata = get_args(annotation)
        keys = (type_key(type_), *map(_meta_key, metadata))
        return None if None in keys else (Annotated, *keys)
    if form is Literal:
        return (Literal, *((type(value), value) for value in get_args(annotation)))
    if form not in _FORMS:
        return None
    keys = tuple(... if item is Ellipsis else type_key(item) for item in get_args(annotation))
    return None if None in keys else (form, *keys)


def _meta_key(item: Any) -> Hashable | None:
    """Return what tells a `msgspec.Meta` from others; None if it holds objects, which may be equal and differ."""
    if not is_meta(item) or any(getattr(item, name) is not None for name in _OBJECTS):
        return None
    settings = ((name, getattr(item, name)) for name in _SETTINGS)
    # By type too, since 1 equals 1.0 and True.
    return tuple((name, type(value), value) for name, value in settings if value is not None)
