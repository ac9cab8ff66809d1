"""Walking through a document: a value made of dicts, lists and scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, cast

JSONValue: TypeAlias = Any


def with_texts(value: JSONValue, change: Callable[[str], str]) -> JSONValue:
    """Return a document whose texts, keys apart, are what `change` returns for them."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [with_texts(item, change) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: with_texts(item, change) for key, item in cast("dict[str, JSONValue]", value).items()}
    return value


def with_references(value: JSONValue, schema_of: Callable[[str], dict[str, JSONValue] | None]) -> JSONValue:
    """Return a document with schemas in place of references, beside what else is there.

    Args:
        value: the document.
        schema_of: returns the schema for a reference; None to keep it.
    """
    if isinstance(value, list):
        return [with_references(item, schema_of) for item in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, JSONValue]", value)
    fields: dict[str, JSONValue] = {key: with_references(item, schema_of) for key, item in members.items()}
    schema = schema_of(fields["$ref"]) if isinstance(fields.get("$ref"), str) else None
    if schema is None:
        return fields
    del fields["$ref"]
    return {**schema, **fields}


def texts(value: JSONValue) -> Iterator[str]:
    """Yield every text in a document, keys apart."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in cast("dict[str, JSONValue]", value).values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from texts(item)
