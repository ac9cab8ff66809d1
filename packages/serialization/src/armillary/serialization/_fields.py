"""The fields of structured types: msgspec structs, dataclasses, TypedDicts, attrs classes and pydantic models."""

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import sys
from collections.abc import Callable, Iterable
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NamedTuple,
    NotRequired,
    Required,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from ._type_tree import unwrap, walk_key

NO_DEFAULT: Final[Any] = type("NoDefault", (), {"__repr__": lambda self: "NO_DEFAULT"})()
"""Stands for the default of a field or parameter that has none."""


class TypeField(NamedTuple):
    """One field of a structured type.

    Attributes:
        name: the attribute, or the key of a TypedDict.
        alias: its name in JSON.
        annotation: its type, with what `Annotated` adds.
        required: whether JSON without it is invalid.
        default: the default; `NO_DEFAULT` if there is none, or if it is made for each value.
    """

    name: str
    alias: str
    annotation: Any
    required: bool
    default: Any = NO_DEFAULT


def is_pydantic_class(type_: Any) -> bool:
    """Return whether pydantic made a class: a model or one of its dataclasses."""
    return isinstance(type_, type) and hasattr(type_, "__pydantic_validator__") and type_.__module__ != "pydantic.main"


def is_struct(type_: Any) -> bool:
    """Return whether a class is a msgspec struct."""
    return isinstance(type_, type) and hasattr(type_, "__struct_fields__")


def forbids_unknown_fields(type_: Any) -> bool:
    """Return whether a structured type says that a value has no other fields than its own.

    >>> forbids_unknown_fields(dict)
    False
    """
    base: Any = get_origin(type_) or type_
    if is_struct(base):
        return base.__struct_config__.forbid_unknown_fields is True
    return is_pydantic_class(base) and getattr(base, "model_config", {}).get("extra") == "forbid"


def fields_of(type_: Any) -> tuple[TypeField, ...] | None:
    """Return the fields of a structured type; None for any other type.

    A generic class with its arguments, such as `Page[Star]`, has the fields of the class with the arguments put in.

    Raises:
        NameError: an annotation of the class cannot be found.

    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Star:
    ...     name: str
    >>> fields_of(Star)
    (TypeField(name='name', alias='name', annotation=<class 'str'>, required=True, default=NO_DEFAULT),)
    """
    base: Any = get_origin(type_) or type_
    reader = _reader_for(base)
    if reader is None:
        return None
    fields = reader(base)
    arguments: tuple[Any, ...] = get_args(type_)
    if arguments:
        bound = dict(zip(getattr(base, "__parameters__", ()), arguments, strict=False))
        fields = [field._replace(annotation=_put_in(field.annotation, bound)) for field in fields]
    return tuple(fields)


def made_fields_of(type_: Any) -> tuple[TypeField, ...]:
    """Return the fields that a dataclass or an attrs class makes itself, `field(init=False)`; they are only sent.

    >>> from dataclasses import dataclass, field
    >>> @dataclass
    ... class Star:
    ...     name: str
    ...     seen: int = field(init=False, default=0)
    >>> [field.name for field in made_fields_of(Star)]
    ['seen']
    """
    base: Any = get_origin(type_) or type_
    reader = _reader_for(base)
    if reader is None or reader not in (_dataclass_fields, _attrs_fields):
        return ()
    return tuple(reader(base, init=False))


def type_holds(annotation: Any, is_wanted: Callable[[Any], bool], seen: set[Any] | None = None) -> bool:
    """Return whether a type, or one of those that it is built of, is wanted.

    >>> type_holds(list[int | None], lambda type_: type_ is int)
    True
    """
    type_, _ = unwrap(annotation)
    if is_wanted(get_origin(type_) or type_):
        return True
    seen = set() if seen is None else seen
    fields = fields_of(type_)
    if fields is None:
        return any(type_holds(item, is_wanted, seen) for item in get_args(type_))
    key = walk_key(type_)
    if key in seen:
        return False
    seen.add(key)
    return any(type_holds(field.annotation, is_wanted, seen) for field in fields)


def nests_freely(annotation: Any, around: tuple[Any, ...] = (), flat: set[Any] | None = None) -> bool:
    """Return whether the values of a type may be nested to any depth: it holds itself, or anything.

    >>> nests_freely(list[dict[str, int]]), nests_freely(dict[str, Any])
    (False, True)
    """
    type_, _ = unwrap(annotation)
    key = walk_key(type_)
    if key in around or type_ is Any or type_ is object or isinstance(type_, TypeVar):
        return True
    flat = set() if flat is None else flat
    fields = fields_of(type_)
    if fields is not None:
        if key in flat:  # looked at once, however often it is used
            return False
        if any(nests_freely(field.annotation, (*around, key), flat) for field in fields):
            return True
        flat.add(key)
        return False
    if get_origin(type_) is Literal:
        return False
    arguments = get_args(type_)
    is_container = isinstance(type_, type) and issubclass(type_, Iterable) and not issubclass(type_, str | bytes)
    return any(nests_freely(item, around, flat) for item in arguments) if arguments else is_container


def _reader_for(base: Any) -> Callable[..., list[TypeField]] | None:
    if not isinstance(base, type):
        return None
    if is_struct(base):
        return _struct_fields
    if hasattr(base, "model_fields") and is_pydantic_class(base):
        return _model_fields
    if hasattr(base, "__dataclass_fields__"):
        return _dataclass_fields
    if hasattr(base, "__attrs_attrs__"):
        return _attrs_fields
    return _typed_dict_fields if issubclass(base, dict) and hasattr(base, "__total__") else None


def _put_in(annotation: Any, arguments: dict[Any, Any]) -> Any:
    """Return an annotation with arguments in the place of type variables."""
    if annotation in arguments:
        return arguments[annotation]
    parameters = getattr(annotation, "__parameters__", ())
    return annotation[tuple(arguments.get(item, item) for item in parameters)] if parameters else annotation


def _struct_fields(base: Any) -> list[TypeField]:
    from msgspec import NODEFAULT
    from msgspec.structs import fields

    hints = get_type_hints(base, include_extras=True)
    return [
        TypeField(
            field.name,
            field.encode_name,
            hints[field.name],
            field.required,
            NO_DEFAULT if field.default is NODEFAULT else field.default,
        )
        for field in fields(base)
    ]


def _model_fields(base: Any) -> list[TypeField]:
    found: list[TypeField] = []
    for name, info in base.model_fields.items():
        annotation = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
        alias = info.validation_alias if isinstance(info.validation_alias, str) else info.alias
        default = NO_DEFAULT if info.is_required() or info.default_factory is not None else info.default
        found.append(TypeField(name, alias or name, annotation, info.is_required(), default))
    return found


def _dataclass_fields(base: Any, *, init: bool = True) -> list[TypeField]:
    from dataclasses import MISSING, fields

    hints = get_type_hints(base, include_extras=True)
    return [
        TypeField(
            field.name,
            field.name,
            hints[field.name],
            field.default is MISSING and field.default_factory is MISSING,
            NO_DEFAULT if field.default is MISSING else field.default,
        )
        for field in fields(base)
        if field.init is init
    ]


def _attrs_fields(base: Any, *, init: bool = True) -> list[TypeField]:
    nothing: Any = sys.modules["attr"].NOTHING
    hints = get_type_hints(base, include_extras=True)
    return [
        TypeField(
            field.name,
            field.name,
            hints.get(field.name, Any),
            field.default is nothing,
            NO_DEFAULT if field.default is nothing or hasattr(field.default, "factory") else field.default,
        )
        for field in base.__attrs_attrs__
        if field.init is init
    ]


def _typed_dict_fields(base: Any) -> list[TypeField]:
    found: list[TypeField] = []
    for name, annotation in get_type_hints(base, include_extras=True).items():
        required = name in base.__required_keys__
        if get_origin(annotation) in (Required, NotRequired):
            required = get_origin(annotation) is Required
            annotation = get_args(annotation)[0]
        found.append(TypeField(name, name, annotation, required))
    return found
