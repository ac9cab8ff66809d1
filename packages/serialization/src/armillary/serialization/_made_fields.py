"""Fields that a class makes itself, `field(init=False)` of dataclasses and attrs: no client sets one.

msgspec takes them from what is sent as it takes all others, so they are left out before.
"""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false, reportUnknownMemberType=false
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_origin

from ._fields import fields_of, is_struct, made_fields_of, type_holds
from ._type_tree import union_members, unwrap


def makes_fields(annotation: Any) -> bool:
    """Return whether values of a type may hold what has fields that its class makes.

    Raises:
        TypeError: one has no default, which msgspec would want from the client.
    """

    def makes(type_: Any) -> bool:
        fields = made_fields_of(type_)
        for field in fields:
            if field.required:
                raise TypeError(
                    f"{type_.__qualname__}.{field.name} is field(init=False) without a default, so clients would have "
                    "to send it: give it a default, which __post_init__ may replace"
                )
        return bool(fields)

    return type_holds(annotation, makes)


def without_made_fields(
    decode: Callable[[bytes], Any], read: Callable[[bytes], Any], convert: Callable[[Any], Any], annotation: Any
) -> tuple[Callable[[bytes], Any], Callable[[Any], Any]]:
    """Return functions that decode and convert into a type, and leave out the fields that its classes make.

    Args:
        decode: decodes JSON into the type.
        read: decodes JSON into what JSON has.
        convert: makes a value of the type from what JSON has.
        annotation: the type.
    """
    found: set[bytes] = set()

    def note(type_: Any) -> bool:
        found.update(field.name.encode() for field in made_fields_of(type_))
        return False

    type_holds(annotation, note)
    names = tuple(found)

    def convert_without(value: Any) -> Any:
        return convert(left_out(value, annotation))

    def decode_without(body: bytes) -> Any:
        # A name may be written with escapes, too.
        if b"\\" in body or any(name in body for name in names):
            return convert_without(read(body))
        return decode(body)

    return decode_without, convert_without


def left_out(value: Any, annotation: Any) -> Any:
    """Return a value of what JSON has without the fields that the classes of its type make."""
    type_, _ = unwrap(annotation)
    for member in union_members(type_):
        value = _left_out_of(value, unwrap(member).type)
    return value


def _left_out_of(value: Any, type_: Any) -> Any:
    fields = fields_of(type_)
    arguments = get_args(type_)
    origin: Any = get_origin(type_) or type_
    if isinstance(value, dict):
        if fields is not None and _may_be(value, origin):
            made = {field.name for field in made_fields_of(type_)}
            kinds = {field.alias: field.annotation for field in fields}
            return {
                name: left_out(item, kinds[name]) if name in kinds else item
                for name, item in value.items()
                if name not in made
            }
        if fields is None and isinstance(origin, type) and issubclass(origin, Mapping) and len(arguments) == 2:
            return {name: left_out(item, arguments[1]) for name, item in value.items()}
    elif isinstance(value, list):
        if fields is not None:  # by position
            kinds_in_order = [field.annotation for field in fields]
        elif origin is tuple and arguments and arguments[-1] is not Ellipsis:
            kinds_in_order = [*arguments]
        else:
            kinds_in_order = [arguments[0]] * len(value) if arguments else []
        inner = [left_out(item, kind) for item, kind in zip(value, kinds_in_order, strict=False)]
        return [*inner, *value[len(inner) :]]
    return value


def _may_be(value: dict[str, Any], origin: Any) -> bool:
    """Return whether an object may be one of a class: of structs in a union the tag tells."""
    tag = origin.__struct_config__.tag if is_struct(origin) else None
    return tag is None or value.get(origin.__struct_config__.tag_field) == tag
