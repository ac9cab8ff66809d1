"""Which changes between two documents break clients."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.openapi.changes import Change, compare

STRING = {"type": "string"}
STAR = {"type": "object", "properties": {"name": STRING, "magnitude": {"type": "number"}}, "required": ["name"]}


def document(operation: Any = None, *, star: Any = None, **fields: Any) -> dict[str, Any]:
    base = {"responses": {"200": {"description": "OK"}}}
    paths = {"/stars/{number}": {"get": {**base, **(operation or {})}}}
    return {"openapi": "3.2.0", "paths": paths, "components": {"schemas": {"Star": star or STAR}}, **fields}


def receives(schema: Any, required: bool = False) -> dict[str, Any]:
    return document({"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}})


def sends(schema: Any, **arguments: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return document({"responses": {"200": {"description": "OK", "content": content}}}, **arguments)


def takes(parameter: Any) -> dict[str, Any]:
    return document({"parameters": [{"in": "query", "name": "units", "schema": STRING, **parameter}]})


def breaking(old: Any, new: Any) -> list[str]:
    return [change.description for change in compare(old, new) if change.breaking]


def without(schema: dict[str, Any], name: str) -> dict[str, Any]:
    properties = {key: value for key, value in schema["properties"].items() if key != name}
    return {**schema, "properties": properties, "required": []}


def test_the_same_document_has_no_changes() -> None:
    assert compare(sends({"$ref": "#/components/schemas/Star"}), sends({"$ref": "#/components/schemas/Star"})) == []


def test_what_changes_in_each_media_type_of_a_body_is_said_once() -> None:
    def of_both(schema: Any) -> dict[str, Any]:
        content = {media_type: {"schema": schema} for media_type in ("application/json", "application/msgpack")}
        return document({"requestBody": {"required": True, "content": content}})

    assert breaking(of_both(STRING), of_both({"type": "integer"})) == [
        "request body: the type was string and is integer"
    ]


def test_operations_that_come_and_go() -> None:
    old, new = document(), document()
    new["paths"] = {"/moons": new["paths"]["/stars/{number}"]}
    assert compare(old, new) == [
        Change(True, "GET /stars/{number}", "the operation is gone"),
        Change(False, "GET /moons", "the operation is new"),
    ]


def test_a_parameter_of_the_path_may_have_another_name() -> None:
    new = document()
    new["paths"] = {"/stars/{id}": new["paths"]["/stars/{number}"]}
    assert compare(document(), new) == []


REQUESTS: list[tuple[Any, Any, list[str]]] = [
    (STRING, {"type": "integer"}, ["request body: the type was string and is integer"]),
    ({"type": "integer"}, {"type": "number"}, []),
    ({"type": "number"}, {"type": "integer"}, ["request body: the type was number and is integer"]),
    (STRING, {"type": "string", "enum": ["a"]}, ["request body: any value is not taken any more"]),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, ['request body: "b" is not taken any more']),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, []),
    (
        {"type": "integer", "minimum": 0},
        {"type": "integer", "minimum": 1},
        ["request body: minimum is 1, where it was 0"],
    ),
    ({"type": "integer", "maximum": 5}, {"type": "integer"}, []),
    (STRING, {"type": "string", "maxLength": 9}, ["request body: maxLength is 9, where it was none"]),
    (STRING, {"type": "string", "pattern": "^a"}, ["request body: pattern was None and is '^a'"]),
    (STAR, {**STAR, "required": ["name", "magnitude"]}, ["request body.magnitude is required now"]),
    (STAR, without(STAR, "magnitude"), ["request body.magnitude is gone"]),
    (
        STAR,
        {**STAR, "additionalProperties": False},
        ["request body: members that are not listed are not taken any more"],
    ),
    ({"anyOf": [STRING, {"type": "null"}]}, STRING, ["request body: null is not taken any more"]),
    (STRING, {"anyOf": [STRING, {"type": "null"}]}, []),
    (
        {"type": "array", "items": STRING},
        {"type": "array", "items": {"type": "integer"}},
        ["request body[]: the type was string and is integer"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), REQUESTS)
def test_what_was_taken_has_to_be_taken(old: Any, new: Any, expected: list[str]) -> None:
    assert breaking(receives(old), receives(new)) == expected


RESPONSES: list[tuple[Any, Any, list[str]]] = [
    (STRING, {"type": "integer"}, ["response 200: the type was string and is integer"]),
    ({"type": "number"}, {"type": "integer"}, []),
    ({"enum": ["a"]}, {"enum": ["a", "b"]}, ['response 200: "b" may be sent now']),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, []),
    ({"type": "integer", "minimum": 1}, {"type": "integer"}, ["response 200: minimum was 1, where it is none"]),
    (STAR, {**STAR, "required": []}, ["response 200.name may be missing now"]),
    (STAR, without(STAR, "name"), ["response 200.name is gone"]),
    (STAR, {**STAR, "properties": {**STAR["properties"], "id": STRING}}, []),
    (STRING, {"anyOf": [STRING, {"type": "null"}]}, ["response 200: null may be sent now"]),
    (STRING, {"type": ["string", "null"]}, ["response 200: null may be sent now"]),
    ({"anyOf": [STRING, {"type": "null"}]}, STRING, []),
]


@pytest.mark.parametrize(("old", "new", "expected"), RESPONSES)
def test_what_is_sent_has_to_be_what_was_announced(old: Any, new: Any, expected: list[str]) -> None:
    assert breaking(sends(old), sends(new)) == expected


def test_references_are_followed_once_even_if_they_lead_to_themselves() -> None:
    tree = {"type": "object", "properties": {"of": {"type": "array", "items": {"$ref": "#/components/schemas/Star"}}}}
    reference = {"$ref": "#/components/schemas/Star"}
    wider = {**tree, "properties": {**tree["properties"], "name": STRING}}
    assert breaking(sends(reference, star=wider), sends(reference, star=tree)) == ["response 200.name is gone"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (takes({}), document(), ["query parameter units is gone"]),
        (document(), takes({}), []),
        (document(), takes({"required": True}), ["query parameter units is new and required"]),
        (takes({}), takes({"required": True}), ["query parameter units is required now"]),
        (
            takes({}),
            takes({"schema": {"type": "integer"}}),
            ["query parameter units: the type was string and is integer"],
        ),
        (receives(STRING), receives(STRING, required=True), ["the request body is required now"]),
        (receives(STRING), document(), ["the request body is gone"]),
        (document({"operationId": "a"}), document({"operationId": "b"}), ["the operation id was 'a' and is 'b'"]),
        (document(), document(security=[{"key": []}]), ["credentials are required now"]),
        (document(security=[{"key": []}]), document(), []),
        (
            document(security=[{"key": []}]),
            document(security=[{"login": ["stars"]}]),
            ["credentials key are not enough any more"],
        ),
        (document(security=[{"key": []}]), document(security=[{"key": []}, {"login": []}]), []),
    ],
)
def test_other_changes_of_an_operation(old: Any, new: Any, expected: list[str]) -> None:
    assert breaking(old, new) == expected


def test_a_response_or_media_type_that_is_missing_breaks_clients() -> None:
    created = document({"responses": {"201": {"description": "Created"}}})
    assert breaking(document(), created) == ["response 200 is gone", "response 201 is new"]
    assert breaking(sends(STRING), document()) == ["response 200: application/json is gone"]


def test_a_deprecation_is_reported_and_breaks_nothing() -> None:
    (change,) = compare(document(), document({"deprecated": True}))
    assert change == Change(False, "GET /stars/{number}", "the operation is deprecated")


def test_a_reference_to_nothing_is_named() -> None:
    reference = sends({"$ref": "#/components/schemas/Gone"})
    with pytest.raises(ValueError, match="the reference #/components/schemas/Gone leads to nothing"):
        compare(reference, reference)
