"""JSON Schema of a document as AsyncAPI 3.0 takes it: a superset of draft 07."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..schemas._constraints import Schema

_DATA = frozenset(("const", "default", "enum", "example", "examples"))
"""What these hold are values, not schemas."""
_BY_NAME = frozenset(
    (
        *("$defs", "definitions", "dependentSchemas", "patternProperties", "properties"),
        *("channels", "messages", "operations", "parameters", "schemas", "securitySchemes", "servers", "variables"),
    )
)
"""The keys of what these hold are names, such as that of a property called "default"."""


def as_draft_07(document: Schema) -> Schema:
    """Return a document whose schemas say what they do in the words of draft 07.

    >>> as_draft_07({"type": "array", "prefixItems": [{"type": "string"}], "maxItems": 1})
    {'type': 'array', 'maxItems': 1, 'items': [{'type': 'string'}]}
    """
    rewritten: Schema = _rewritten(document)
    return rewritten


def _rewritten(value: Any, by_name: bool = False) -> Any:
    if isinstance(value, list):
        return [_rewritten(item) for item in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    found: Schema = {
        str(key): item if key in _DATA and not by_name else _rewritten(item, key in _BY_NAME and not by_name)
        for key, item in cast("Mapping[object, object]", value).items()
    }
    if by_name:
        return found
    if isinstance(found.get("prefixItems"), list):
        following = found.pop("items", None)
        found["items"] = found.pop("prefixItems")
        if following is not None:
            found["additionalItems"] = following
    discriminator = found.get("discriminator")
    if isinstance(discriminator, dict) and "propertyName" in discriminator:
        found["discriminator"] = cast("Schema", discriminator)["propertyName"]
    # What stands beside a reference to a schema counts for nothing there.
    if str(found.get("$ref", "")).startswith("#/components/schemas/") and len(found) > 1:
        found = {"allOf": [{"$ref": found.pop("$ref")}], **found}
    return found
