"""Constraints of msgspec, pydantic and annotated-types: who checks each, or that nobody would."""

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal, NamedTuple, get_args, get_origin

from ._constraint_items import CHECKED, DESCRIPTIONS, LENGTHS, Constraint, constraints_of, is_meta, meta_constraints
from ._fields import fields_of, is_pydantic_class, is_struct
from ._type_cache import once_per_type
from ._type_tree import rebuilt, unwrap
from ._union_constraints import constrained, types_with

_TEXTS: Final = ("title", "description", "examples", "extra_json_schema", "extra")
_SPELT: Final = {"gt": "Gt", "ge": "Ge", "lt": "Lt", "le": "Le", "multiple_of": "MultipleOf", "tz": "Timezone"}
_OF_FIELDS: Final = frozenset(("alias", "validation_alias", "default"))


class CheckedType(NamedTuple):
    """A type with the library that validates it.

    Attributes:
        type: the annotation, its constraints translated for the library.
        library: "msgspec" or "pydantic".
        has_own: whether there are constraints that msgspec does not check, and `TypedDecoder` does.
    """

    type: Any
    library: Literal["msgspec", "pydantic"]
    has_own: bool = False


class _Findings:
    """What is in a type that decides who validates it: the first place of each."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        self.struct = ""
        self.model = ""
        self.meta = ""
        self.foreign = ""  # a setting that pydantic alone knows
        self.misfit = ""  # a constraint on what cannot have it
        self.source = ""  # a constraint in the marker of a source, which pydantic does not know
        self.has_own = False


@once_per_type
def check_type(annotation: Any) -> CheckedType:
    """Return the library that validates a type, and the type with its constraints as that library writes them.

    pydantic validates what holds a class, a validator or a setting of its own, msgspec all else. Constraints of
    `msgspec.Meta`, of pydantic's `Field` and of annotated-types are honoured wherever they are: those that msgspec
    does not check, such as of a Decimal or on a field of a dataclass, are tested after decoding.

    Raises:
        TypeError: structs and models are mixed; a constraint that nobody would check; an annotation of a class that
            cannot be found.

    >>> from annotated_types import Ge
    >>> check_type(list[Annotated[int, Ge(1)]]).type
    list[typing.Annotated[int, msgspec.Meta(ge=1)]]
    """
    found = _Findings()
    try:
        _search(annotation, found, "", inside=False)
    except NameError as exc:
        raise TypeError(f"{annotation!r} has an annotation that cannot be found: {exc}") from exc
    except RecursionError:
        raise TypeError(
            f"{_shown(annotation)} is an alias that names itself, which msgspec does not read: write a class, as "
            "`class Tree(msgspec.Struct): branches: list[Tree]`, or Any"
        ) from None
    other = found.struct or found.meta
    if found.model and other:
        raise TypeError(
            f"{_shown(annotation)} mixes msgspec and pydantic: {other} is msgspec's, {found.model} is pydantic's; "
            "use one of them throughout"
        )
    if found.model or (found.foreign and not other):
        if found.source:
            raise TypeError(f"{found.source} is not checked by pydantic, which validates this type: write Field(...)")
        return CheckedType(annotation, "pydantic")
    if found.foreign:
        raise TypeError(
            f"{_shown(annotation)}: {found.foreign} is pydantic's alone, and {other} is msgspec's; use a model of "
            "pydantic's, or a constraint that both have"
        )
    if found.misfit:
        raise TypeError(found.misfit)
    return CheckedType(_translated(annotation), "msgspec", found.has_own)


def _shown(annotation: Any) -> str:
    return annotation.__qualname__ if isinstance(annotation, type) else repr(annotation)


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
        if is_meta(item):
            found.meta = found.meta or (place or "msgspec.Meta")
            _search_constraints(meta_constraints(item), type_, found, place, meta=True, inside=inside)
        elif type(item).__module__ == "pydantic.functional_validators":
            found.model = found.model or type(item).__name__
        else:
            constraints = constraints_of(item) or {}
            if constraints and type(item).__module__.startswith("armillary.") and not isinstance(item, Constraint):
                found.source = found.source or ", ".join(f"{name}={value!r}" for name, value in constraints.items())
            _search_constraints(constraints, type_, found, place, inside=inside)
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


def _search_constraints(
    constraints: dict[str, Any], type_: Any, found: _Findings, place: str, *, inside: bool, meta: bool = False
) -> None:
    if not constraints:
        return
    # Imported here: a program without constraints does without.
    from decimal import Decimal

    from ._constraint_tests import is_checked_by_msgspec

    for name, value in constraints.items():
        if name in DESCRIPTIONS:
            continue
        written = f"{name}={value!r}" + (f" of {place}" if place else "")
        if name in _OF_FIELDS and not place:
            found.misfit = found.misfit or f"{written} is of a field of a class, and this is none"
        elif name not in CHECKED:
            found.foreign = found.foreign or written
        elif not (types := types_with(name, value, type_)):
            found.misfit = found.misfit or f"{written} cannot be checked of {_shown(type_)}"
        elif all(is_checked_by_msgspec(name, value, each) for each in types):
            found.has_own = found.has_own or (inside and not meta)
        elif inside and meta and Decimal in types:  # which msgspec refuses, and nobody can replace
            found.misfit = found.misfit or (
                f"{written} is not checked by msgspec: write it as annotated-types does, "
                f"such as annotated_types.{_SPELT.get(name, name)}({value!r})"
            )
        else:
            found.has_own = True


def _translated(annotation: Any) -> Any:
    """Return an annotation with constraints of other libraries as `msgspec.Meta`, or as our own."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return constrained(_translated(inner), _as_checked(metadata, unwrap(inner).type))
    arguments = get_args(annotation)
    if not arguments or get_origin(annotation) is Literal or type(annotation).__name__ == "TypeAliasType":
        return annotation
    if not all(isinstance(item, type) for item in arguments):
        new = tuple(item if item is Ellipsis else _translated(item) for item in arguments)
        if new != arguments:
            return rebuilt(annotation, new)
    return annotation


def _as_checked(metadata: Iterable[Any], type_: Any) -> list[Any]:
    """Return metadata in which each constraint is an item of whoever checks it."""
    from msgspec import Meta

    from ._constraint_tests import is_checked_by_msgspec

    new: list[Any] = []
    for item in metadata:
        constraints = meta_constraints(item) if is_meta(item) else constraints_of(item)
        if constraints is None:
            new.append(item)
            continue
        theirs = {
            name: value
            for name, value in constraints.items()
            if name in CHECKED
            and all(is_checked_by_msgspec(name, value, each) for each in types_with(name, value, type_))
        }
        ours = {name: value for name, value in constraints.items() if name in CHECKED and name not in theirs}
        if is_meta(item) and not ours:
            new.append(item)
            continue
        texts = {name: value for name in _TEXTS if (value := constraints.get(name))}
        if is_meta(item):
            texts |= {name: value for name in _TEXTS if (value := getattr(item, name))}
        # msgspec takes those of numbers and those of lengths one by one.
        lengths = {name: theirs.pop(name) for name in (*LENGTHS, "pattern") if name in theirs}
        new += [Meta(**group) for group in (theirs | texts, lengths) if group]
        new += [Constraint(name, value) for name, value in ours.items()]
    return new
