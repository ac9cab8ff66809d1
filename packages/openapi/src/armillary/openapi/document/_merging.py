"""Putting what was written by hand over what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..schemas._constraints import Schema


def merged(found: Schema, written: Mapping[Any, Any]) -> Schema:
    """Return both documents as one; where both have a value the written one is taken.

    Objects are merged member by member, parameters by name and place; any other list, and a schema, is
    replaced.
    """
    result = dict(found)
    for key, value in written.items():
        name = str(key)
        present = result.get(name)
        if name == "parameters" and isinstance(present, list) and isinstance(value, list):
            result[name] = merged_parameters(cast("list[Schema]", present), cast("list[Schema]", value))
        elif name != "schema" and isinstance(present, dict) and isinstance(value, Mapping):
            result[name] = merged(cast("Schema", present), cast("Mapping[object, object]", value))
        else:
            result[name] = with_text_keys(value)
    return result


def with_text_keys(value: Any) -> Any:
    """Return a part of YAML as JSON has it: a status such as `200:` is a number in YAML."""
    if isinstance(value, Mapping):
        return {str(key): with_text_keys(item) for key, item in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list):
        return [with_text_keys(item) for item in cast("list[object]", value)]
    return value


def merged_parameters(found: list[Schema], written: list[Schema]) -> list[Schema]:
    result = {(item.get("in"), item.get("name"), item.get("$ref")): item for item in found}
    for item in written:
        key = (item.get("in"), item.get("name"), item.get("$ref"))
        result[key] = merged(result.get(key, {}), item)
    return list(result.values())
