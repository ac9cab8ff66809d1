"""Constraints on a union, which msgspec takes on its members only."""

from __future__ import annotations

# What is looked at here are the types of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from ._constraint_items import is_meta, meta_constraints
from ._type_tree import unwrap


def members_of(type_: Any) -> tuple[Any, ...] | None:
    """Return the members of a union, None among them; None if it is no union."""
    return get_args(type_) if get_origin(type_) in (Union, UnionType) else None


def types_with(name: str, value: Any, type_: Any) -> list[Any]:
    """Return the types that can have a constraint: of a union the members, else the type itself.

    >>> types_with("ge", 1, int | str | None)
    [<class 'int'>]
    """
    # Imported here: a program without constraints does without.
    from ._constraint_tests import applies

    types = [unwrap(member).type for member in members_of(type_) or (type_,)]
    return [each for each in types if each is not NoneType and applies(name, value, each)]


def constrained(type_: Any, metadata: Iterable[Any]) -> Any:
    """Return a type with metadata; constraints on a union are on those of its members that can have them.

    >>> from msgspec import Meta
    >>> constrained(str | None, [Meta(min_length=3)])
    typing.Optional[typing.Annotated[str, msgspec.Meta(min_length=3)]]
    """
    items = [*metadata]
    members = members_of(type_)
    if members is not None:
        for item in [item for item in items if is_meta(item)]:
            constraints = meta_constraints(item)
            if constraints and all(types_with(name, value, type_) for name, value in constraints.items()):
                members = tuple(_with(member, constraints) for member in members)
                items.remove(item)
        type_ = Union[members]  # noqa: UP007
    return Annotated[(type_, *items)] if items else type_


def _with(member: Any, constraints: dict[str, Any]) -> Any:
    from msgspec import Meta

    own = {name: value for name, value in constraints.items() if types_with(name, value, member)}
    return Annotated[member, Meta(**own)] if own else member
