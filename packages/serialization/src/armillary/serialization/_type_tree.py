"""Walking the types that an annotation is built of."""

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Final, NamedTuple, NoReturn, Union, get_args, get_origin


class Unwrapped(NamedTuple):
    """A type without what is around it.

    Attributes:
        type: the type itself.
        metadata: what `Annotated` added to it, the innermost first.
    """

    type: Any
    metadata: tuple[Any, ...]


def unwrap(annotation: Any) -> Unwrapped:
    """Return the type within `Annotated`, aliases of the `type` statement and new types, and the metadata.

    >>> unwrap(Annotated[int, "a note"])
    Unwrapped(type=<class 'int'>, metadata=('a note',))
    """
    if isinstance(annotation, type):  # a class, which has nothing around it
        return Unwrapped(annotation, ())
    metadata: tuple[Any, ...] = ()
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *added = get_args(annotation)
            metadata = (*added, *metadata)
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif type(get_origin(annotation)).__name__ == "TypeAliasType":
            alias = get_origin(annotation)
            annotation = alias.__value__[get_args(annotation)]
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        else:
            return Unwrapped(annotation, metadata)


def union_members(type_: Any) -> tuple[Any, ...]:
    """Return the members of a union except None; the type alone if it is no union.

    >>> union_members(int | None)
    (<class 'int'>,)
    """
    if get_origin(type_) in (Union, UnionType):
        return tuple(item for item in get_args(type_) if item is not NoneType)
    return (type_,)


NOTHING: Final[Any] = NoReturn
"""What `without_members` leaves of a type if no member is left."""


def without_members(annotation: Any, is_dropped: Callable[[Any], bool]) -> Any:
    """Return an annotation without some members of its union, in which `Annotated` and aliases may be anywhere.

    Args:
        annotation: the type.
        is_dropped: whether a member, without what is around it, is dropped.

    Returns:
        The annotation itself if nothing is dropped; `NOTHING` if no member but None is left. What `Annotated` adds to
        the union is kept.

    >>> without_members(Annotated[int | str, "a note"], lambda member: member is str)
    typing.Annotated[int, 'a note']
    """
    type_, metadata = unwrap(annotation)
    if get_origin(type_) not in (Union, UnionType):
        return NOTHING if is_dropped(type_) else annotation
    members = get_args(type_)
    left = [member if member is NoneType else without_members(member, is_dropped) for member in members]
    if all(after is before for after, before in zip(left, members, strict=True)):
        return annotation
    kept = tuple(member for member in left if member is not NOTHING)
    if not kept or kept == (NoneType,):
        return NOTHING
    found = rebuilt(type_, kept)
    return Annotated[(found, *metadata)] if metadata else found


def is_optional(type_: Any) -> bool:
    """Return whether None is a member of a union."""
    return get_origin(type_) in (Union, UnionType) and NoneType in get_args(type_)


def rebuilt(type_: Any, arguments: tuple[Any, ...]) -> Any:
    """Return a generic type or union with other arguments."""
    if get_origin(type_) in (Union, UnionType):
        return Union[arguments]  # noqa: UP007
    if hasattr(type_, "copy_with"):
        return type_.copy_with(arguments)
    return get_origin(type_)[arguments]


def walk_key(type_: Any) -> Any:
    """Return what a walk over types knows a type by, also if metadata in it cannot be hashed.

    >>> note = []
    >>> walk_key(int), walk_key(list[Annotated[int, note]]) == walk_key(list[Annotated[int, note]])
    (<class 'int'>, True)
    """
    try:
        hash(type_)
    except TypeError:
        inner, metadata = unwrap(type_)
        if metadata:
            return (walk_key(inner), *map(id, metadata))
        # By its parts: where a generic type holds itself, each look at its fields makes another alias of it.
        return (get_origin(type_), *map(walk_key, get_args(type_))) if get_args(type_) else id(type_)
    return type_
