"""The parameters of an operation: of the path, the query, headers and cookies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from armillary.serialization import NO_DEFAULT

from .._generator import parameter_schema
from ..schemas._constraints import Schema
from ..schemas._fields import is_structured
from ..schemas._pydantic import is_of_pydantic, type_adapter
from ..schemas._scalars import json_value
from ..schemas._type_schemas import TypeSchemas
from ._described_route import DescribedRoute

# Parameters of these names are ignored (OpenAPI 3.1 section 4.8.12.1): content and security describe them.
IGNORED_HEADERS: Final = frozenset({"accept", "authorization", "content-type"})


def parameters_of(route: DescribedRoute, types: TypeSchemas) -> list[Schema]:
    """Return the Parameter Objects of an operation."""
    found: list[Schema] = []
    for signature in route.signatures:
        for parameter in signature.parameters:
            found.extend(item for item in parameter_objects(parameter, route, types) if is_new(item, found))
    described = {parameter["name"] for parameter in found if parameter["in"] == "path"}
    missing = [
        {"name": name, "in": "path", "required": True, "schema": parameter_schema(route.convertors[name])}
        for name in route.parameter_names
        if name not in described
    ]
    kept = [item for item in found if item["in"] != "path" or item["name"] in route.parameter_names]
    return [*missing, *kept]


def is_new(parameter: Schema, known: list[Schema]) -> bool:
    return all((item["name"], item["in"]) != (parameter["name"], parameter["in"]) for item in known)


def parameter_objects(parameter: Any, route: DescribedRoute, types: TypeSchemas) -> Iterator[Schema]:
    name, source = parameter.alias or parameter.name, parameter.source
    if not parameter.include_in_schema or (source == "header" and name.lower() in IGNORED_HEADERS):
        return
    schema = object_of(parameter.annotation, types) if source != "path" else None
    if schema is not None:
        yield from spread(schema, source)
        return
    schema = types.schema(parameter.annotation, "input") | ({"title": parameter.title} if parameter.title else {})
    described: Schema = {"name": name, "in": source, "required": bool(parameter.required) or source == "path"}
    if parameter.description:
        described["description"] = str(parameter.description)
    if parameter.deprecated:
        described["deprecated"] = True
    if source == "path":
        schema = {**parameter_schema(route.convertors.get(name)), **schema} if is_number(schema) else schema
    elif not parameter.required:
        schema = with_default(schema, parameter.default)
    yield {**described, "schema": schema, **examples_of(parameter.examples)}


def object_of(annotation: Any, types: TypeSchemas) -> Schema | None:
    """Return the schema of a structured type that is spread over several parameters; None for other types."""
    if is_of_pydantic(annotation):
        schema: Schema = type_adapter(annotation).json_schema()
        return schema if schema.get("type") == "object" else None
    return types.object_schema(annotation, "input") if is_structured(annotation) else None


def spread(schema: Schema, source: str) -> Iterator[Schema]:
    """Yield a parameter for each member of an object."""
    required: list[str] = schema.get("required", [])
    for name, member in schema.get("properties", {}).items():
        described: Schema = {"name": name, "in": source, "required": name in required}
        if "description" in member:
            described["description"] = member["description"]
        yield {**described, "schema": member}


def is_number(schema: Schema) -> bool:
    return schema.get("type") in ("integer", "number")


def with_default(schema: Schema, default: Any) -> Schema:
    if default is NO_DEFAULT:
        return schema
    try:
        return {**schema, "default": json_value(default)}
    except TypeError:
        return schema


def examples_of(examples: Any) -> Schema:
    """Return the `examples` of a parameter or of content: named as they are given, or by number."""
    if not examples:
        return {}
    if isinstance(examples, dict):
        named: Schema = examples  # pyright: ignore[reportUnknownVariableType]
        return {"examples": named}
    return {"examples": {f"example-{number}": {"value": json_value(value)} for number, value in enumerate(examples, 1)}}
