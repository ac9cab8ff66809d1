"""The body of an operation, for each media type it is taken in."""

from __future__ import annotations

from typing import Any

from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._parameters import examples_of, with_default


def request_body_of(body: Any, types: TypeSchemas) -> Schema:
    """Return the Request Body Object for what a function takes from the body."""
    content: Schema = {}
    for media_type in body.media_types:
        content[media_type] = {"schema": body_schema(body, media_type, types), **examples_of(body.examples)}
    described: Schema = {"required": bool(body.required), "content": content}
    return {"description": body.description, **described} if body.description else described


def body_schema(body: Any, media_type: str, types: TypeSchemas) -> Schema:
    if body.kind == "bytes":
        return {}
    if body.kind == "parts":
        return {"type": "object"}
    if not body.fields:
        return types.schema(body.annotation, "input")
    # Only multipart has files.
    has_files = media_type == "multipart/form-data"
    return fields_schema([field for field in body.fields if has_files or field.source != "file"], types)


def fields_schema(fields: Any, types: TypeSchemas) -> Schema:
    """Return the schema of a form, or of several bodies under a name each."""
    properties: Schema = {}
    for field in fields:
        known = types.of_files() if field.source == "file" else types
        schema = known.schema(field.annotation, "input")
        if field.description:
            schema = {**schema, "description": str(field.description)}
        if field.deprecated:
            schema = {**schema, "deprecated": True}
        properties[field.alias or field.name] = schema if field.required else with_default(schema, field.default)
    required = [field.alias or field.name for field in fields if field.required]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})
