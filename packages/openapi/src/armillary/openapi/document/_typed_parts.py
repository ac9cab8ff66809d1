"""Parts of a document that a program gives as dicts, with Python types in place of schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from armillary.asgi_types import reason_phrase

from ..schemas._constraints import Schema
from ..schemas._fields import Mode
from ..schemas._type_schemas import TypeSchemas
from ._problems import problem_content

SCHEMA_KEYS = ("schema", "itemSchema")


def with_schemas(value: Any, types: TypeSchemas, mode: Mode) -> Any:
    """Return a part of a document with schemas in place of the types under `schema` and `itemSchema`."""
    if isinstance(value, list | tuple):
        return [with_schemas(item, types, mode) for item in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    found: Schema = {}
    for key, item in cast("Mapping[object, object]", value).items():
        is_type = key in SCHEMA_KEYS and not isinstance(item, Mapping | bool)
        inner: Mode = "input" if key in ("requestBody", "parameters") else "output" if key == "responses" else mode
        found[str(key)] = types.schema(item, mode) if is_type else with_schemas(item, types, inner)
    return found


def response_part(status: str, given: Any, types: TypeSchemas, label: str) -> Schema:
    """Return a Response Object for what a route says of one of its statuses.

    Args:
        status: a status code, "4XX" or "default".
        given: a sentence (for an error's, its document is that of `HTTPException`), a type for JSON, or a Response
            Object, whose `model` may be a type for JSON.
        types: makes the schemas.
        label: the operation, for messages.
    """
    if isinstance(given, str):
        content = problem_content(status, types) if status.startswith(("4", "5")) else {}
        return {"description": given, "content": content} if content else {"description": given}
    if not isinstance(given, Mapping):
        return {"description": phrase(status), "content": json_content(types.schema(given, "output"), status)}
    part = dict(cast("Mapping[str, Any]", given))
    model = part.pop("model", None)
    content = {} if model is None else json_content(types.schema(model, "output"), status)
    response: Schema = with_schemas(part, types, "output")
    if content:
        response["content"] = content | response.get("content", {})
    if "$ref" not in response:
        response.setdefault("description", phrase(status))
    return response


def json_content(schema: Schema, status: str) -> Schema:
    """Return content in JSON: problem details for an error's status if the schema is theirs."""
    is_problem = str(schema.get("$ref", "")).endswith(("/Problem", "/ValidationProblem"))
    return {"application/problem+json" if is_problem else "application/json": {"schema": schema}}


def phrase(status: str) -> str:
    """Return the reason phrase of a status; "Response" for a range, or one that has none."""
    return (reason_phrase(int(status), "") if status.isdigit() else "") or "Response"
