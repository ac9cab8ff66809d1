"""`SchemaGenerator`: routes and docstrings in, a valid OpenAPI document out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV32SpecValidator

from armillary.http import HTTPEndpoint
from armillary.openapi import BaseSchemaGenerator, OpenAPIResponse, SchemaGenerator
from armillary.routing import Host, Mount, Route, Router, WebSocketRoute

BASE = {"openapi": "3.2.0", "info": {"title": "Shop", "version": "1.0"}}


def show(request: Any) -> None:
    """
    summary: One order
    responses:
      200:
        description: An order.
    """


def search(request: Any) -> None:
    """Prose for people: the part after the line is for machines.

    ---
    responses:
      200:
        description: Orders that match.
    """


def prose(request: Any) -> None:
    """Show the orders. Note: prose with a colon is not YAML."""


def nothing(request: Any) -> None: ...


async def socket(websocket: Any) -> None:
    """
    responses: {}
    """


class Items(HTTPEndpoint):
    async def get(self, request: Any) -> None:
        """
        responses:
          200:
            description: Items.
        """

    async def delete(self, request: Any) -> None:
        """
        parameters:
          - name: id
            in: path
            required: true
            description: The order.
            schema: {type: integer}
        responses:
          204:
            description: Gone.
        """


ROUTES = [
    Route("/orders/{id:int}", show, methods=["GET"]),
    Route("/orders", search, methods=["GET", "QUERY"]),
    Route("/prose", prose),
    Route("/nothing", nothing),
    Route("/hidden", show, include_in_schema=False),
    WebSocketRoute("/socket", socket),
    Mount("/shops/{shop:uuid}", routes=[Route("/orders/{id:int}/items", Items)]),
    Host("api.shop.test", Router([Mount("/v1", routes=[Route("/on/{day}", show)])])),
]


def paths(routes: Any = ROUTES, base: Any = BASE) -> Any:
    return SchemaGenerator(base).get_schema(routes)["paths"]


def test_only_routes_with_a_schema_are_in_the_document() -> None:
    assert sorted(paths()) == ["/orders", "/orders/{id}", "/shops/{shop}/orders/{id}/items", "/v1/on/{day}"]


def test_head_is_left_out_and_every_other_method_is_in() -> None:
    assert list(paths()["/orders/{id}"]) == ["get"]
    assert sorted(paths()["/orders"]) == ["get", "query"]
    assert sorted(paths()["/shops/{shop}/orders/{id}/items"]) == ["delete", "get"]


def test_query_is_left_out_of_documents_before_3_2() -> None:
    assert sorted(paths(base={**BASE, "openapi": "3.1.1"})["/orders"]) == ["get"]


def test_path_parameters_are_described_by_their_convertors_those_of_mounts_included() -> None:
    assert paths()["/shops/{shop}/orders/{id}/items"]["get"]["parameters"] == [
        {"name": "shop", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}},
    ]


def test_a_parameter_that_the_docstring_describes_is_left_to_it() -> None:
    described = paths()["/shops/{shop}/orders/{id}/items"]["delete"]["parameters"]
    assert [parameter["name"] for parameter in described] == ["shop", "id"]
    assert described[1]["description"] == "The order."


def test_fields_left_empty_count_as_missing() -> None:
    def unfinished(request: Any) -> None:
        """
        parameters:
        responses:
        """

    operation = paths([Route("/orders/{id:int}", unfinished)])["/orders/{id}"]["get"]
    assert [parameter["name"] for parameter in operation["parameters"]] == ["id"]


def test_a_parameter_described_among_the_components_is_left_to_it() -> None:
    def referring(request: Any) -> None:
        """
        parameters:
          - $ref: "#/components/parameters/Order"
          - $ref: "#/components/parameters/Missing"
        responses: {}
        """

    order = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    base = {**BASE, "components": {"parameters": {"Order": order}}}
    described = paths([Route("/{shop}/orders/{id:int}", referring)], base)["/{shop}/orders/{id}"]["get"]["parameters"]
    assert [parameter.get("name", "by reference") for parameter in described] == [
        "shop",
        "by reference",
        "by reference",
    ]


def test_a_colon_of_the_path_itself_is_kept() -> None:
    routes = [
        Route("/orders:batch/{id:int}", show),
        Mount("/v1:beta", routes=[Route("/{id:int}:cancel/{day}", show)]),
    ]
    assert list(paths(routes)) == ["/orders:batch/{id}", "/v1:beta/{id}:cancel/{day}"]


def test_methods_that_a_class_has_but_its_route_rejects_are_left_out() -> None:
    assert list(paths([Route("/items/{id:int}", Items, methods=["GET"])])["/items/{id}"]) == ["get"]


def test_the_document_is_valid_by_the_official_schema() -> None:
    document = json.loads(json.dumps(SchemaGenerator(BASE).get_schema(ROUTES)))
    OpenAPIV32SpecValidator(document).validate()
    del document["info"]
    assert list(OpenAPIV32SpecValidator(document).iter_errors())


def test_the_base_document_is_kept_and_not_changed() -> None:
    base = {**BASE, "paths": {"/by-hand": {"get": {"responses": {}}}}, "components": {"schemas": {}}}
    schema = SchemaGenerator(base).get_schema(ROUTES)
    assert "/by-hand" in schema["paths"]
    assert schema["components"] == {"schemas": {}}
    assert list(base["paths"]) == ["/by-hand"]


def test_a_subclass_may_read_docstrings_in_its_own_way() -> None:
    class Summaries(SchemaGenerator):
        def parse_docstring(self, func_or_method: Any) -> dict[str, Any]:
            return {"summary": func_or_method.__name__, "responses": {}}

    assert Summaries(BASE).get_schema([Route("/nothing", nothing)])["paths"]["/nothing"]["get"]["summary"] == "nothing"


def test_misuse_is_named() -> None:
    with pytest.raises(TypeError, match="base_schema is a dict with 'openapi' and 'info'"):
        SchemaGenerator("openapi: 3.2.0")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="an OpenAPI document is a dict, got list"):
        OpenAPIResponse([])
    with pytest.raises(NotImplementedError, match="BaseSchemaGenerator must define get_schema"):
        BaseSchemaGenerator().get_schema([])


def test_the_response_is_yaml_with_sorted_keys() -> None:
    response = OpenAPIResponse({"b": {200: "é"}, "a": 1})
    assert response.headers["content-type"] == "application/vnd.oai.openapi"
    assert response.body == "a: 1\nb:\n  200: é\n".encode()
