"""Documents of functions that binding has made into applications."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest
from openapi_spec_validator import validate

from armillary.binding import Body, Cookie, Depends, File, Form, Header, Query, bind
from armillary.http import Request, Response, ServerSentEvent, UploadFile
from armillary.openapi import OpenAPI
from armillary.routing import Mount, Route, Router


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


class Moon(pydantic.BaseModel):
    name: str = pydantic.Field(max_length=9)


def limit(limit: Annotated[int, Query(ge=1)] = 20) -> int:
    return limit


def operation(function: Any, method: str = "GET", path: str = "/") -> dict[str, Any]:
    names = {"number": True} if "{" in path else {}
    router = Router([Route(path, bind(function, path=names), methods=[method])])
    document = OpenAPI(router, "Stars", "1.0").document()
    validate(document)
    found: dict[str, Any] = document["paths"][path.replace(":int", "")][method.lower()]
    return found


def test_every_source_of_a_parameter() -> None:
    async def show(
        number: int,
        request: Request[Any],
        units: Annotated[Literal["si", "cgs"], Query(description="Of the magnitude.")] = "si",
        tag: Annotated[list[str] | None, Query(alias="tags")] = None,
        x_trace: Annotated[str, Header()] = "",
        theme: Annotated[str, Cookie(deprecated=True)] = "dark",
    ) -> Star:
        """Show a star."""
        return Star("Vega")

    found = operation(show, path="/stars/{number:int}")
    assert [(item["in"], item["name"], item["required"]) for item in found["parameters"]] == [
        ("path", "number", True),
        ("query", "units", False),
        ("query", "tags", False),
        ("header", "x-trace", False),
        ("cookie", "theme", False),
    ]
    assert found["parameters"][1]["schema"] == {"type": "string", "enum": ["si", "cgs"], "default": "si"}
    assert found["parameters"][4]["deprecated"] is True
    assert found["summary"] == "Show a star"
    assert list(found["responses"]) == ["200", "404", "406", "422"]
    assert list(found["responses"]["200"]["content"]) == ["application/json", "application/msgpack"]


def test_a_body_and_what_can_be_wrong_with_it() -> None:
    async def add(star: Star) -> None: ...

    found = operation(add, "POST")
    assert found["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Star"}
    assert list(found["responses"]) == ["204", "400", "413", "415", "422"]


def test_a_pydantic_model_is_a_body_too() -> None:
    async def add(moon: Moon) -> Moon:
        return moon

    schema = operation(add, "POST")["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Moon"}


def test_two_bodies_are_members_of_one_object() -> None:
    async def add(star: Annotated[Star, Body()], note: Annotated[str, Body()]) -> None: ...

    schema = operation(add, "POST")["requestBody"]["content"]["application/json"]["schema"]
    assert schema["properties"] == {"star": {"$ref": "#/components/schemas/Star"}, "note": {"type": "string"}}
    assert schema["required"] == ["star", "note"]


def test_a_form_with_an_upload() -> None:
    async def add(title: Annotated[str, Form()], picture: UploadFile) -> None: ...

    content = operation(add, "POST")["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["properties"]["picture"]["format"] == "binary"
    assert content["multipart/form-data"]["schema"]["required"] == ["title", "picture"]


def test_raw_bytes_are_of_any_kind() -> None:
    async def add(body: bytes) -> None: ...

    found = operation(add, "POST")
    assert [content["schema"] for content in found["requestBody"]["content"].values()] == [{}]
    assert list(found["responses"]) == ["204", "413"]


def test_parameters_of_dependencies_are_those_of_the_operation() -> None:
    async def page(wanted: Annotated[int, Depends(limit)]) -> list[Star]:
        return []

    found = operation(page)
    assert [item["name"] for item in found["parameters"]] == ["limit"]
    schema = found["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"type": "array", "items": {"$ref": "#/components/schemas/Star"}}


def test_streams_and_responses() -> None:
    async def lines() -> AsyncIterator[Star]:
        yield Star("Vega")

    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("tick")

    async def plain(name: str = "") -> Response:
        return Response()

    content = operation(lines)["responses"]["200"]["content"]
    assert content == {"application/jsonl": {"itemSchema": {"$ref": "#/components/schemas/Star"}}}
    assert "itemSchema" in operation(events)["responses"]["200"]["content"]["text/event-stream"]
    assert operation(plain)["responses"]["200"] == {"description": "OK"}


class Guard:
    required_scopes = ("authenticated", "stars:write")
    error_statuses = (401, 403)

    async def __call__(self, key: Annotated[str, Header(alias="X-Key")]) -> None: ...


BEARER = {"bearer": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}}


async def list_stars(limit: int = 20) -> list[str]:
    return []


def operation_of(app: Any, path: str = "/stars", **options: Any) -> Any:
    return OpenAPI(app, **options).document()["paths"][path]["get"]


@pytest.mark.parametrize(
    "app",
    [
        Router([Route("/stars", list_stars)], dependencies=[Guard()]),
        Router([Route("/stars", list_stars, dependencies=[Guard()])]),
        Router([Mount("", Router([Route("/stars", list_stars)], dependencies=[Guard()]))]),
    ],
)
def test_what_dependencies_require_is_security_wherever_they_are(app: Any) -> None:
    operation = operation_of(app, security_schemes=BEARER)
    assert operation["security"] == [{"bearer": ["stars:write"]}, {"key": ["stars:write"]}]
    assert {"401", "403", "422"} <= operation["responses"].keys()
    assert [parameter["name"] for parameter in operation["parameters"]] == ["X-Key", "limit"]


def test_scopes_join_what_every_operation_requires() -> None:
    app = Router([Route("/stars", list_stars, dependencies=[Guard()])])
    operation = operation_of(app, security_schemes=BEARER, security=["bearer"])
    assert operation["security"] == [{"bearer": ["stars:write"]}]
    assert "security" not in operation_of(app)
    assert "403" in operation_of(app)["responses"]


def test_dependencies_of_an_application_are_described() -> None:
    class Show:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

        async def get(self, request: Any) -> None:
            """Show the stars."""

    operation = operation_of(Router([Route("/stars", Show(), dependencies=[Guard()])]))
    assert operation["summary"] == "Show the stars"
    assert [parameter["name"] for parameter in operation["parameters"]] == ["X-Key"]


class Document(TypedDict):
    _id: str
    title: str


class Renamed(msgspec.Struct, rename={"key": "_id"}):
    key: str


@dataclass
class Private:
    _secret: str
    name: str
    made: int = field(init=False, default=0)


@pytest.mark.parametrize(
    ("type_", "received", "sent"),
    [
        (Document, {"_id", "title"}, {"_id", "title"}),
        (Renamed, {"_id"}, {"_id"}),
        (Private, {"_secret", "name"}, {"name", "made"}),
    ],
)
def test_members_are_those_that_are_received_and_those_that_are_sent(type_: Any, received: Any, sent: Any) -> None:
    async def add(value):  # type: ignore[no-untyped-def] # annotated below
        return value

    add.__annotations__ = {"value": type_, "return": type_}
    document = OpenAPI(Router([Route("/", bind(add), methods=["POST"])]), "Stars", "1.0").document()
    validate(document)
    schemas = document["components"]["schemas"]
    name = type_.__name__
    assert set(schemas.get(f"{name}Input", schemas[name])["properties"]) == received
    assert set(schemas[name]["properties"]) == sent


def test_bytes_of_a_file_are_described_as_a_file_is() -> None:
    async def add(
        name: Annotated[str, Form()],
        scan: Annotated[bytes, File(max_length=3)],
        more: Annotated[list[bytes], File()] = [],  # noqa: B006
    ) -> None: ...

    content = operation(add, "POST")["requestBody"]["content"]
    assert list(content) == ["multipart/form-data"]
    properties = content["multipart/form-data"]["schema"]["properties"]
    file = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
    assert properties["scan"] == {**file, "maxLength": 3}
    assert properties["more"]["items"] == file


def test_a_form_with_optional_files_is_described_with_and_without_them() -> None:
    async def add(name: Annotated[str, Form()], photo: UploadFile | None = None) -> None: ...

    content = operation(add, "POST")["requestBody"]["content"]
    assert {kind: set(value["schema"]["properties"]) for kind, value in content.items()} == {
        "multipart/form-data": {"name", "photo"},
        "application/x-www-form-urlencoded": {"name"},
    }
