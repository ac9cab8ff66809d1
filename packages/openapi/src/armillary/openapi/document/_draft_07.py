"""JSON Schema of a document as AsyncAPI 3.0 takes it: a superset of draft 07."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ..schemas._constraints import Schema


def as_draft_07(document: Schema) -> Schema:
    """Return a document whose schemas say what they do in the words of draft 07.

    >>> as_draft_07({"type": "array", "prefixItems": [{"type": "string"}], "maxItems": 1})
    {'type': 'array', 'maxItems': 1, 'items': [{'type': 'string'}]}
    """
    rewritten: Schema = _rewritten(document)
    return rewritten


def _rewritten(value: Any) -> Any:
    if isinstance(value, list):
        return [_rewritten(item) for item in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    found: Schema = {str(key): _rewritten(item) for key, item in cast("Mapping[object, object]", value).items()}
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
