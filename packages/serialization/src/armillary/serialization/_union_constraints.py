"""Constraints on a union, which msgspec takes on its members only."""

from __future__ import annotations

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from ._type_tree import unwrap

_NUMBERS: Final = frozenset(("int", "float"))
_TIMES: Final = frozenset(("datetime", "time"))
_FITTING: Final = {"gt": _NUMBERS, "ge": _NUMBERS, "lt": _NUMBERS, "le": _NUMBERS, "multiple_of": _NUMBERS}
_FITTING_TEXT: Final = {"pattern": frozenset(("str",)), "tz": _TIMES}
_LENGTHS: Final = ("min_length", "max_length")


def constrained(type_: Any, metadata: Iterable[Any]) -> Any:
    """Return a type with metadata; constraints on a union are on those of its members that can have them.

    >>> from msgspec import Meta
    >>> constrained(str | None, [Meta(min_length=3)])
    typing.Optional[typing.Annotated[str, msgspec.Meta(min_length=3)]]
    """
    items = [*metadata]
    if get_origin(type_) in (Union, UnionType):
        members = get_args(type_)
        for item in [*items]:
            names = _names(item)
            if names and all(any(_fits(name, member) for member in members) for name in names):
                members = tuple(_with(member, item, names) for member in members)
                items.remove(item)
        type_ = Union[members]  # noqa: UP007
    return Annotated[(type_, *items)] if items else type_


def _names(item: Any) -> list[str]:
    """Return which constraints an item of metadata sets."""
    if type(item).__module__ != "msgspec" or type(item).__name__ != "Meta":
        return []
    return [name for name in (*_FITTING, *_FITTING_TEXT, *_LENGTHS) if getattr(item, name) is not None]


def _fits(name: str, member: Any) -> bool:
    type_ = unwrap(member).type
    if type_ is NoneType:
        return False
    base: Any = get_origin(type_) or type_
    kind = getattr(base, "__name__", "")
    if name in _LENGTHS:
        return hasattr(base, "__len__")
    return kind in (_FITTING.get(name) or _FITTING_TEXT[name])


def _with(member: Any, item: Any, names: list[str]) -> Any:
    from msgspec import Meta

    own = {name: getattr(item, name) for name in names if _fits(name, member)}
    return Annotated[member, Meta(**own)] if own else member
