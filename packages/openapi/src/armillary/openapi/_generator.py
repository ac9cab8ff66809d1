"""Assemble the operations of routes into an OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, cast

from armillary.http import Request, Response
from armillary.routing import BaseRoute

from ._docstring import malformed, parse_docstring
from ._endpoints import EndpointInfo, find_endpoints
from ._response import OpenAPIResponse

Schema = dict[str, Any]

PARAMETER_SCHEMAS: dict[str, Schema] = {
    "IntegerConvertor": {"type": "integer", "minimum": 0},
    "FloatConvertor": {"type": "number"},
    "UUIDConvertor": {"type": "string", "format": "uuid"},
    "DateConvertor": {"type": "string", "format": "date"},
}


class BaseSchemaGenerator:
    """The base of generators: it walks routes, parses docstrings and responds with the document."""

    def get_schema(self, routes: Iterable[BaseRoute]) -> Schema:
        """Return the document for these routes."""
        raise NotImplementedError(f"{type(self).__name__} must define get_schema")

    def get_endpoints(self, routes: Iterable[BaseRoute]) -> list[EndpointInfo]:
        """Return every operation, including those below mounts and hosts."""
        return list(find_endpoints(routes))

    def parse_docstring(self, func_or_method: Callable[..., Any]) -> Schema:
        """Return the Operation Object in a docstring; empty if there is none.

        Raises:
            DocstringError: the YAML is malformed.
        """
        return parse_docstring(func_or_method)

    def OpenAPIResponse(self, request: Request[Any]) -> Response:
        """Return a response with the document of the application's routes."""
        return OpenAPIResponse(self.get_schema(request.app.routes))


class SchemaGenerator(BaseSchemaGenerator):
    """Makes an OpenAPI document from the YAML in docstrings.

    Args:
        base_schema: the document without its paths: at least `openapi` and `info`.

    Raises:
        TypeError: base_schema is not a dict.

    OpenAPI 3.2; operations of the method QUERY are left out of older documents.
    """

    describes_path_parameters: ClassVar[bool] = True
    """Whether path parameters missing from a docstring are described by their convertor."""

    def __init__(self, base_schema: Schema) -> None:
        if not isinstance(base_schema, dict):
            raise TypeError(f"base_schema is a dict with 'openapi' and 'info', got {base_schema!r}")
        self.base_schema = base_schema

    def get_schema(self, routes: Iterable[BaseRoute]) -> Schema:
        """Return the document for these routes.

        Raises:
            DocstringError: the YAML of a docstring is malformed.
        """
        schema = dict(self.base_schema)
        paths: Schema = {path: dict(item) for path, item in schema.get("paths", {}).items()}
        for endpoint in self.get_endpoints(routes):
            if endpoint.http_method == "query" and not self.knows_query:
                continue
            operation = self.read_operation(endpoint)
            if operation:
                paths.setdefault(endpoint.path, {})[endpoint.http_method] = operation
        schema["paths"] = paths
        return schema

    @property
    def knows_query(self) -> bool:
        """Whether the document's OpenAPI version has the method QUERY: 3.2 and later."""
        version = [int(part) for part in str(self.base_schema.get("openapi", "")).split(".") if part.isdigit()]
        return version[:2] >= [3, 2]

    def read_operation(self, endpoint: EndpointInfo) -> Schema:
        overridden = type(self).parse_docstring is not BaseSchemaGenerator.parse_docstring
        route = f"{endpoint.http_method.upper()} {endpoint.path}"
        operation = self.parse_docstring(endpoint.func) if overridden else parse_docstring(endpoint.func, route)
        if operation and self.describes_path_parameters:
            parameters: Any = operation.get("parameters") or []
            if not is_list_of_mappings(parameters):
                raise malformed(endpoint.func, route, "parameters are a list of mappings, each with 'name' and 'in'")
            return with_path_parameters(operation, parameters, endpoint, shared_parameters(self.base_schema))
        return operation


def is_list_of_mappings(value: Any) -> bool:
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    return all(isinstance(item, dict) for item in items)


def shared_parameters(schema: Schema) -> dict[str, Schema]:
    """Return the parameters among a document's components, by the reference to each."""
    components: Schema = schema.get("components") or {}
    shared: Schema = components.get("parameters") or {}
    return {f"#/components/parameters/{name}": parameter for name, parameter in shared.items()}


def with_path_parameters(
    operation: Schema, described: list[Schema], endpoint: EndpointInfo, shared: dict[str, Schema]
) -> Schema:
    resolved = [shared.get(item.get("$ref", ""), item) for item in described]
    names = {item.get("name") for item in resolved if item.get("in") == "path"}
    missing = [
        {"name": name, "in": "path", "required": True, "schema": parameter_schema(convertor)}
        for name, convertor in endpoint.convertors.items()
        if name not in names and f"{{{name}}}" in endpoint.path
    ]
    return {**operation, "parameters": [*missing, *described]} if missing else operation


def parameter_schema(convertor: Any) -> Schema:
    for cls in type(convertor).__mro__:
        if cls.__name__ in PARAMETER_SCHEMAS:
            return dict(PARAMETER_SCHEMAS[cls.__name__])
    return {"type": "string"}
