"""Walking the types that an annotation is built of."""

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin


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
