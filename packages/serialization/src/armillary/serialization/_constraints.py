"""Constraints of msgspec, pydantic and annotated-types: translated into what the chosen library honours, or refused."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from ._fields import fields_of, is_pydantic_class, is_struct
from ._type_tree import rebuilt, unwrap
from ._union_constraints import constrained

CONSTRAINTS: Final = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
"""The constraints that all three libraries have, under the names they have there."""

_PLAIN: Final = frozenset((str, int, float, bool, bytes))
"""Classes that hold nothing else."""

_DESCRIPTIONS: Final = ("title", "description", "examples")
_ANNOTATED_TYPES: Final = {
    "Gt": "gt",
    "Ge": "ge",
    "Lt": "lt",
    "Le": "le",
    "MultipleOf": "multiple_of",
    "MinLen": "min_length",
    "MaxLen": "max_length",
}


class CheckedType(NamedTuple):
    """A type with the library that validates it.

    Attributes:
        type: the annotation, its constraints translated for the library.
        library: "msgspec" or "pydantic".
    """

    type: Any
    library: Literal["msgspec", "pydantic"]


class _Findings:
    """What is in a type that decides who validates it: the first place of each."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.struct = ""
        self.model = ""
        self.meta = ""
        self.inner = ""  # a constraint inside a class, which cannot be translated
        self.inner_fix = ""


def check_type(annotation: Any) -> CheckedType:
    """Return the library that validates a type, and the type with its constraints as that library writes them.

    pydantic validates what holds a class of its own, msgspec all else. Constraints of `msgspec.Meta`, of pydantic's
    `Field` and of annotated-types are honoured wherever they are in the annotation.

    Raises:
        TypeError: structs and models are mixed; a constraint that nobody would check; an annotation of a class that
            cannot be found.

    >>> from annotated_types import Ge
    >>> check_type(list[Annotated[int, Ge(1)]]).type
    list[typing.Annotated[int, msgspec.Meta(ge=1)]]
    """
    if type(annotation) is type and annotation in _PLAIN:
        return CheckedType(annotation, "msgspec")
    found = _Findings()
    try:
        _search(annotation, found, "", inside=False)
    except NameError as exc:
        raise TypeError(f"{annotation!r} has an annotation that cannot be found: {exc}") from exc
    if found.model and (found.struct or found.meta):
        other = found.struct or found.meta
        raise TypeError(
            f"{_shown(annotation)} mixes msgspec and pydantic: {other} is msgspec's, {found.model} is pydantic's; "
            "use one of them throughout"
        )
    if found.model or (found.inner and not found.struct and not found.meta and _has_pydantic()):
        return CheckedType(annotation, "pydantic")
    if found.inner:
        raise TypeError(
            f"{_shown(annotation)}: {found.inner} has a constraint that msgspec does not check: {found.inner_fix}"
        )
    return CheckedType(_translated(annotation), "msgspec")


def _shown(annotation: Any) -> str:
    return annotation.__qualname__ if isinstance(annotation, type) else repr(annotation)


def _has_pydantic() -> bool:
    try:
        import pydantic  # noqa: F401 # pyright: ignore[reportUnusedImport]
    except ImportError:
        return False
    return True


def _search(annotation: Any, found: _Findings, place: str, *, inside: bool) -> None:
    """Note what is in an annotation and in the classes it names.

    Args:
        annotation: the annotation.
        found: where it is noted.
        place: the field, such as "Star.name"; empty outside of classes.
        inside: whether it is within a class, whose annotations cannot be replaced.
    """
    type_, metadata = unwrap(annotation)
    for item in metadata:
        if _is_meta(item):
            found.meta = found.meta or (place or "msgspec.Meta")
        elif type(item).__module__ == "pydantic.functional_validators":
            found.model = found.model or type(item).__name__
        elif (constraints := constraints_of(item)) and inside and not found.inner:
            written = ", ".join(f"{name}={value!r}" for name, value in constraints.items())
            found.inner, found.inner_fix = place, f"write msgspec.Meta({written})"
    arguments = get_args(type_) if get_origin(type_) is not Literal else ()
    for argument in arguments:
        _search(argument, found, place, inside=inside)
    base: Any = get_origin(type_) or type_
    if not isinstance(base, type) or id(base) in found.seen:
        return
    found.seen.add(id(base))
    if is_pydantic_class(base):
        found.model = found.model or base.__qualname__
    elif is_struct(base):
        found.struct = found.struct or base.__qualname__
    elif hasattr(base, "__get_pydantic_core_schema__") and base.__module__.partition(".")[0].startswith("pydantic"):
        found.model = found.model or base.__qualname__
    for field in fields_of(type_) or ():
        is_own = is_pydantic_class(base)
        _search(field.annotation, found, f"{base.__qualname__}.{field.name}", inside=not is_own)


def _translated(annotation: Any) -> Any:
    """Return an annotation with constraints of other libraries as `msgspec.Meta`."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return constrained(_translated(inner), _as_meta(metadata))
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is Literal or type(annotation).__name__ == "TypeAliasType":
        return annotation
    if not all(isinstance(item, type) for item in arguments):
        new = tuple(item if item is Ellipsis else _translated(item) for item in arguments)
        if new != arguments:
            return rebuilt(annotation, new)
    return annotation


def _as_meta(metadata: Iterable[Any]) -> list[Any]:
    from msgspec import Meta

    new: list[Any] = []
    for item in metadata:
        constraints = None if _is_meta(item) else constraints_of(item)
        if constraints is None:
            new.append(item)
            continue
        unknown = constraints.keys() - {*CONSTRAINTS, *_DESCRIPTIONS, "tz"}
        if unknown:
            raise TypeError(f"{item!r} cannot be checked by msgspec, which has no {sorted(unknown)[0]!r}")
        if constraints:
            new.append(Meta(**constraints))
    return new


def _is_meta(item: Any) -> bool:
    return type(item).__module__ == "msgspec" and type(item).__name__ == "Meta"


def constraints_of(item: Any) -> dict[str, Any] | None:
    """Return the constraints in an item of `Annotated`, by msgspec's names; None if it is no constraint.

    >>> from annotated_types import Interval
    >>> constraints_of(Interval(ge=1, lt=9))
    {'ge': 1, 'lt': 9}
    """
    module = type(item).__module__
    name = type(item).__name__
    if module == "annotated_types":
        if name in _ANNOTATED_TYPES:
            key = _ANNOTATED_TYPES[name]
            return {key: getattr(item, key)}
        if name == "Timezone":
            return {"tz": item.tz is not None}
        if "GroupedMetadata" in (base.__name__ for base in type(item).__mro__):
            return _merged(item)
        return {} if name in ("DocInfo", "Unit") else {name: item}
    if module == "pydantic.fields" and name == "FieldInfo":
        constraints = _merged(item.metadata)
        for key in _DESCRIPTIONS:
            if getattr(item, key, None) is not None:
                constraints[key] = getattr(item, key)
        return constraints
    if module.startswith("pydantic"):
        return {key: value for key, value in _public(item) if value is not None}
    return None


def _public(item: Any) -> Iterator[tuple[str, Any]]:
    names = getattr(item, "__dict__", None) or {name: getattr(item, name, None) for name in _slots(item)}
    yield from names.items()


def _slots(item: Any) -> Iterator[str]:
    for base in type(item).__mro__:
        yield from base.__dict__.get("__slots__", ())


def _merged(items: Iterable[Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for item in items:
        merged |= constraints_of(item) or {}
    return merged
