"""The schemas of unions, with a discriminator if the alternatives have one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, get_args, get_origin

from ._constraints import Schema
from ._fields import is_structured, members
from ._scalars import json_value


def union_schema(alternatives: Sequence[Any], schema_of: Callable[[Any], Schema]) -> Schema:
    """Return the schema of a union; tagged structs become one group with a discriminator."""
    tagged = [alternative for alternative in alternatives if struct_tag(alternative) is not None]
    if len(tagged) < 2:
        return any_of([schema_of(alternative) for alternative in alternatives])
    tags = {str(struct_tag(alternative)): alternative for alternative in tagged}
    tag_field: str = (get_origin(tagged[0]) or tagged[0]).__struct_config__.tag_field
    group = grouped({tag: schema_of(alternative) for tag, alternative in tags.items()}, tag_field)
    rest = [schema_of(alternative) for alternative in alternatives if alternative not in tagged]
    return any_of([group, *rest]) if rest else group


def struct_tag(alternative: Any) -> str | int | None:
    """Return the tag of a msgspec struct; None if it has none, or is no struct."""
    config = getattr(get_origin(alternative) or alternative, "__struct_config__", None)
    tag: str | int | None = None if config is None or config.array_like else config.tag
    return tag


def any_of(schemas: list[Schema]) -> Schema:
    distinct = [schema for position, schema in enumerate(schemas) if schema not in schemas[:position]]
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def grouped(schemas: dict[str, Schema], property_name: str) -> Schema:
    mapping = {tag: schema["$ref"] for tag, schema in schemas.items() if "$ref" in schema}
    return {
        "oneOf": list(schemas.values()),
        "discriminator": {"propertyName": property_name, "mapping": mapping},
    }


def discriminated(alternatives: Sequence[Any], property_name: str, schema_of: Callable[[Any], Schema]) -> Schema:
    """Return the schema of a union whose alternatives differ by the literal value of one member.

    Raises:
        TypeError: an alternative has no such member, or it is no `Literal`.
    """
    schemas: dict[str, Schema] = {}
    for alternative in alternatives:
        for value in literal_values(alternative, property_name):
            schemas[value] = schema_of(alternative)
    found = grouped(schemas, property_name)
    found["oneOf"] = any_of(list(schemas.values())).get("anyOf") or list(schemas.values())
    return found


def literal_values(alternative: Any, property_name: str) -> list[str]:
    fields = getattr(alternative, "model_fields", None)
    if fields is not None:
        hints = {field.alias or name: field.annotation for name, field in fields.items()}
    else:
        found = members(alternative, "input") if is_structured(alternative) else ()
        hints = {member.name: member.annotation for member in found}
    hint = hints.get(property_name)
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) is not Literal:
        name = getattr(alternative, "__name__", alternative)
        raise TypeError(f"{name}.{property_name} is the discriminator of a union and must be annotated as Literal[...]")
    return [str(json_value(value)) for value in get_args(hint)]
