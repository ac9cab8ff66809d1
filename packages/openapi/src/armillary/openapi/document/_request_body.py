"""The body of an operation, for each media type it is taken in."""

from __future__ import annotations

from typing import Any, Final

from ..schemas._constraints import Schema
from ..schemas._type_schemas import TypeSchemas
from ._parameters import examples_of, with_default

FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


def request_body_of(body: Any, types: TypeSchemas) -> Schema:
    """Return the Request Body Object for what a function takes from the body."""
    content: Schema = {}
    for media_type in body.media_types:
        fields = getattr(body, "fields", None)
        if fields:
            content[media_type] = {"schema": fields_schema(fields, types)}
        elif body.annotation in (bytes, bytearray, memoryview):
            content[media_type] = {"schema": {}}
        else:
            content[media_type] = {"schema": types.schema(body.annotation, "input")}
        content[media_type] |= examples_of(getattr(body, "examples", None))
    described: Schema = {"required": bool(body.required), "content": content}
    description = getattr(body, "description", None)
    return {"description": description, **described} if description else described


def fields_schema(fields: Any, types: TypeSchemas) -> Schema:
    """Return the schema of a form, or of several bodies under a name each."""
    properties: Schema = {}
    for field in fields:
        schema = types.schema(field.annotation, "input")
        if field.description:
            schema = {**schema, "description": str(field.description)}
        if field.deprecated:
            schema = {**schema, "deprecated": True}
        properties[field.alias or field.name] = schema if field.required else with_default(schema, field.default)
    required = [field.alias or field.name for field in fields if field.required]
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})
