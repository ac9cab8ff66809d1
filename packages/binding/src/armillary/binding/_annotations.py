"""What an annotation says of a parameter: its source, its constraints, and whether it can be read at all."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    Set as AbstractSet,
)
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from armillary.http import UploadFile
from armillary.serialization import Unwrapped, check_type, fields_of, type_key, union_members, unwrap

from ._sources import Source
from ._text import TextType, text_type

_CONTAINERS: Final = frozenset(
    (
        dict,
        list,
        tuple,
        set,
        frozenset,
        Mapping,
        MutableMapping,
        Sequence,
        MutableSequence,
        Collection,
        Iterable,
        AbstractSet,
    )
)


def _unchanged(value: Any) -> Any:
    return value


UPLOADS: Final = TextType(_unchanged, "a file", (UploadFile,))
"""How a file of a form becomes a value: as it is."""


def as_source(item: Any) -> Source | None:
    if isinstance(item, Source):
        return item
    # The class alone, as in Annotated[str, Header].
    return item() if isinstance(item, type) and issubclass(item, Source) and item is not Source else None


def sources_in(metadata: tuple[Any, ...]) -> list[Source]:
    return [source for item in metadata if (source := as_source(item)) is not None]


def plain_annotation(annotation: Any, source: Source | None) -> Any:
    """Return an annotation without the marker of the source, whose constraints join those of the type."""
    type_, metadata = unwrap(annotation)
    kept = [item for item in metadata if as_source(item) is None]
    plain = Annotated[(type_, *kept)] if kept else type_
    constraints = source.constraints() if source is not None else {}
    key = type_key(plain)
    if not constraints or key is None or not all(isinstance(value, _BOUNDS) for value in constraints.values()):
        return _joined(plain, source, constraints)
    # Of two sources with the same constraints the first is as good.
    wanted = (key, *((name, type(value), value) for name, value in constraints.items()))
    if wanted not in _known:
        if len(_known) >= _MAX_KNOWN:
            return _joined(plain, source, constraints)
        _known[wanted] = _joined(plain, source, constraints)
    return _known[wanted]


_BOUNDS: Final = (int, float, str)
_MAX_KNOWN: Final = 1024
_known: dict[Hashable, Any] = {}
"""The annotations of scalars with the constraints of sources."""


def _joined(plain: Any, source: Source | None, constraints: dict[str, Any]) -> Any:
    """Return an annotation with the constraints of a source."""
    try:
        if not constraints:
            return check_type(plain).type
        if check_type(plain).library == "pydantic":
            import pydantic

            return Annotated[plain, pydantic.Field(**constraints)]
        return check_type(Annotated[plain, source]).type
    except TypeError:  # what reads the parameter says so
        return Annotated[plain, source] if constraints else plain


def first_type(annotation: Any) -> Unwrapped:
    """Return the type of an annotation, of a union its first member, and the metadata of both."""
    type_, metadata = unwrap(annotation)
    member, own = unwrap(union_members(type_)[0])
    return Unwrapped(member, (*own, *metadata))


def upload_kind(type_: Any) -> TextType | None:
    member, _ = first_type(type_)
    if get_origin(member) in (list, tuple) and get_args(member):
        member = get_args(member)[0]
    member = unwrap(member).type
    return UPLOADS if isinstance(member, type) and issubclass(member, UploadFile) else None


def is_known(type_: Any) -> bool:
    """Return whether a type is one that data can be decoded into, not just any class."""
    for member in union_members(type_):
        inner = unwrap(member).type
        base: Any = get_origin(inner) or inner
        if base is Any or base is Literal or base is Annotated or base in _CONTAINERS:
            continue
        is_named_tuple = isinstance(base, type) and issubclass(base, tuple) and hasattr(base, "_fields")
        if is_named_tuple or fields_of(inner) is not None or text_type(inner) is not None:
            continue
        if not hasattr(base, "__get_pydantic_core_schema__"):
            return False
    return True
