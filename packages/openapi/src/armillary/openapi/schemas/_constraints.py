"""What the metadata of `Annotated` says in JSON Schema: msgspec.Meta, pydantic's Field, annotated-types, Doc.

The objects are read by their attributes, so none of these libraries is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

Schema = dict[str, Any]

LIBRARIES: Final = frozenset({"annotated_types", "armillary", "msgspec", "pydantic", "typing_extensions"})

NUMBERS: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
}

LENGTHS: Final = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}

TEXTS: Final = ("title", "description", "examples", "deprecated")


def described(schema: Schema, metadata: Iterable[object]) -> Schema:
    """Return a schema with what the metadata adds to it."""
    schema = dict(schema)
    for item in flattened(metadata):
        for name, keyword in NUMBERS.items():
            bound = getattr(item, name, None)
            if isinstance(bound, int | float | Decimal) and not isinstance(bound, bool):
                constrain(schema, {keyword: json_number(bound)}, ("integer", "number"))
        shortest, longest = getattr(item, "min_length", None), getattr(item, "max_length", None)
        for kind, (least, most) in LENGTHS.items():
            bounds = {least: shortest or None, most: longest}
            constrain(schema, {key: bound for key, bound in bounds.items() if isinstance(bound, int)}, (kind,))
        pattern = getattr(item, "pattern", None)
        if pattern is not None:
            constrain(schema, {"pattern": getattr(pattern, "pattern", pattern)}, ("string",))
        schema.update(texts(item))
    return schema


def json_number(number: float | Decimal) -> float:
    """Return a number as JSON has it."""
    if not isinstance(number, Decimal):
        return number
    return int(number) if number == number.to_integral_value() else float(number)


def flattened(metadata: Iterable[object]) -> Iterator[object]:
    """Yield each piece of metadata of a library, those inside a pydantic Field included."""
    for item in metadata:
        if any(cls.__module__.partition(".")[0] in LIBRARIES for cls in type(item).__mro__):
            yield item
            inner = getattr(item, "metadata", None)
            if isinstance(inner, list | tuple):
                yield from flattened(inner)  # pyright: ignore[reportUnknownArgumentType]


def constrain(schema: Schema, keywords: Schema, kinds: tuple[str, ...]) -> None:
    """Add keywords to a schema, or to its alternatives, whose type is among `kinds`."""
    alternatives: list[Schema] = schema.get("anyOf", [])
    if alternatives:
        schema["anyOf"] = [dict(alternative) for alternative in alternatives]
        for alternative in schema["anyOf"]:
            constrain(alternative, keywords, kinds)
    elif schema.get("type") in kinds and "contentEncoding" not in schema:
        schema.update(keywords)


def texts(item: object) -> Schema:
    """Return the annotations that a piece of metadata holds: title, description, examples and the like."""
    found: Schema = {}
    for name in TEXTS:
        value = getattr(item, name, None)
        if value:
            found[name] = list(value) if name == "examples" else value if isinstance(value, bool) else str(value)
    if isinstance(found.get("deprecated"), str):
        found["deprecated"] = True
    documentation = getattr(item, "documentation", None)
    if isinstance(documentation, str):
        found["description"] = documentation
    for name in ("extra_json_schema", "json_schema_extra"):
        extra = getattr(item, name, None)
        if isinstance(extra, dict):
            found.update(extra)  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    return found
