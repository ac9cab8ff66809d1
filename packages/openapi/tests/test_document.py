"""The document of an application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
import pytest
from openapi_spec_validator import validate

from armillary import binding
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, PlainTextResponse
from armillary.openapi import AsyncAPI, DescribedRoute, DocstringError, OpenAPI
from armillary.routing import BaseRoute, Mount, Route, Router


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


def Parameter(name: str, source: Any, annotation: Any, *, alias: str = "", **rest: Any) -> binding.Parameter:
    return binding.Parameter(name=name, source=source, annotation=annotation, alias=alias or name, **rest)


def Body(annotation: Any, **rest: Any) -> binding.RequestBody:
    whole: dict[str, Any] = {"kind": "data", "required": True, "media_types": ("application/json",), **rest}
    return binding.RequestBody(annotation=annotation, **whole)


def Signature(parameters: Any = (), body: Any = None, result: Any = None, **rest: Any) -> binding.EndpointSignature:
    whole: dict[str, Any] = {"media_types": ("application/json",), **rest}
    return binding.EndpointSignature(parameters=parameters, body=body, result=result, **whole)


@dataclass
class Bound:
    """An application with a signature, as binding makes one of a function."""

    signature: binding.EndpointSignature
    endpoint: Any = None
    __name__: str = "bound"
    calls: list[Any] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(scope)


def bound(path: str, method: str, signature: binding.EndpointSignature, **options: Any) -> Route:
    route = Route(path, Bound(signature), methods=[method])
    route.operation = options  # type: ignore[attr-defined]
    return route


def operation_of(route: BaseRoute, **arguments: Any) -> dict[str, Any]:
    document = OpenAPI(Router([route]), "Stars", "1.0", **arguments).document()
    validate(document)
    (item,) = document["paths"].values()
    operation: dict[str, Any] = next(iter(item.values()))
    return operation


# --- functions of a request ------------------------------------------------------------------


async def show(request: Any) -> PlainTextResponse:
    """Show
    a star.

    All of *it*.
    """
    return PlainTextResponse("")


async def described(request: Any) -> JSONResponse:
    """Show a star.

    ---
    tags: [stars]
    parameters:
      - {name: number, in: path, description: Its number.}
      - {name: units, in: query, schema: {type: string}}
    responses:
      200: {description: The star.}
      404: {description: No such star.}
    """
    return JSONResponse({})


def test_prose_gives_summary_and_description_and_the_response_class_the_media_type() -> None:
    operation = operation_of(Route("/stars/{name}", show))
    assert (operation["summary"], operation["description"]) == ("Show a star", "All of *it*.")
    assert operation["responses"] == {"200": {"description": "OK", "content": {"text/plain": {}}}}
    assert operation["parameters"] == [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]


def test_yaml_in_a_docstring_is_put_over_what_was_found() -> None:
    operation = operation_of(Route("/stars/{number:int}", described))
    number, units = operation["parameters"]
    assert number["schema"] == {"type": "integer", "minimum": 0}
    assert number["description"] == "Its number."
    assert units["name"] == "units"
    assert operation["tags"] == ["stars"]
    assert operation["summary"] == "Show a star"
    problem = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        "text/plain": {"schema": {"type": "string"}},
    }
    assert operation["responses"] == {
        "200": {"description": "The star."},
        "404": {"description": "No such star.", "content": problem},
    }


def test_malformed_yaml_names_the_operation() -> None:
    async def broken(request: Any) -> None:
        """
        responses:
          200: [
        """

    with pytest.raises(DocstringError, match="docstring of GET /"):
        OpenAPI(Router([Route("/", broken)])).document()


# --- bound functions -------------------------------------------------------------------------


def test_parameters_have_the_schemas_of_their_types() -> None:
    signature = Signature(
        (
            Parameter("number", "path", int),
            Parameter("units", "query", str, required=False, default="si", deprecated=True, examples=("cgs",)),
            Parameter("tags", "query", Annotated[list[str], msgspec.Meta(max_length=3)], alias="tag"),
            Parameter("trace", "header", str, alias="X-Trace", description="An id."),
            Parameter("agent", "header", str, alias="Authorization"),
            Parameter("theme", "cookie", str | None, required=False),
            Parameter("hidden", "query", str, include_in_schema=False),
        )
    )
    number, units, tags, trace, theme = operation_of(bound("/stars/{number:int}", "GET", signature))["parameters"]
    assert number == {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
    assert units["schema"] == {"type": "string", "default": "si"}
    assert units["deprecated"] is True
    assert units["examples"] == {"example-1": {"value": "cgs"}}
    assert tags["name"] == "tag"
    assert tags["schema"] == {"type": "array", "items": {"type": "string"}, "maxItems": 3}
    assert (trace["in"], trace["description"]) == ("header", "An id.")
    assert (theme["in"], theme["required"]) == ("cookie", False)


def test_a_struct_in_the_query_is_spread_over_parameters() -> None:
    first, second = operation_of(bound("/", "GET", Signature((Parameter("star", "query", Star),))))["parameters"]
    assert first == {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}
    assert second["schema"] == {"type": "number", "default": 0.0}


def test_a_body_and_a_result_refer_to_components_and_errors_to_the_schemas_of_problems() -> None:
    signature = Signature((), Body(Star), Star, status_code=201, errors=frozenset({400, 413, 415, 422}))
    document = OpenAPI(Router([bound("/stars", "POST", signature)])).document()
    validate(document)
    operation = document["paths"]["/stars"]["post"]
    reference = {"$ref": "#/components/schemas/StarInput"}
    assert operation["requestBody"] == {"required": True, "content": {"application/json": {"schema": reference}}}
    assert list(operation["responses"]) == ["201", "400", "413", "415", "422"]
    problem = {"schema": {"$ref": "#/components/schemas/ValidationProblem"}}
    sentence = {"schema": {"type": "string"}}
    content = {"application/problem+json": problem, "text/plain": sentence}
    assert operation["responses"]["422"]["content"] == content
    assert sorted(document["components"]["schemas"]) == ["Problem", "Star", "StarInput", "ValidationProblem"]


def test_a_form_has_its_fields_and_an_upload_is_binary() -> None:
    from armillary.http import UploadFile

    fields = (Parameter("title", "form", str), Parameter("file", "form", UploadFile | None, required=False))
    body = Body(None, kind="form", media_types=("multipart/form-data",), fields=fields)
    schema = operation_of(bound("/", "POST", Signature((), body)))["requestBody"]["content"]["multipart/form-data"]
    assert schema["schema"]["required"] == ["title"]
    assert schema["schema"]["properties"]["file"]["anyOf"][0]["format"] == "binary"


def test_nothing_is_sent_with_a_204() -> None:
    operation = operation_of(bound("/", "DELETE", Signature(status_code=204)))
    assert operation["responses"] == {"204": {"description": "No Content"}}


@pytest.mark.parametrize(("streams", "media_type"), [("jsonl", "application/jsonl"), ("sse", "text/event-stream")])
def test_the_items_of_a_stream_have_a_schema(streams: str, media_type: str) -> None:
    kind: Any = streams
    stream = binding.ResultStream(kind=kind, item=Star)
    route = bound("/", "GET", Signature(result=AsyncIterator[Star], streams=stream))
    content = operation_of(route)["responses"]["200"]["content"][media_type]
    item = content["itemSchema"]["properties"]["data"]["contentSchema"] if streams == "sse" else content["itemSchema"]
    assert item == {"$ref": "#/components/schemas/Star"}
    older = operation_of(route, openapi_version="3.1.1")["responses"]["200"]["content"][media_type]
    assert "itemSchema" not in older
    assert older["schema"] == {"type": "string"}


def test_an_error_is_described_only_if_it_can_occur() -> None:
    schemes: Any = {"security_schemes": {"token": {"type": "http", "scheme": "bearer"}}}
    assert list(operation_of(bound("/a/{name}", "GET", Signature()))["responses"]) == ["200"]
    assert list(operation_of(bound("/a/{n:int}", "GET", Signature()))["responses"]) == ["200", "404"]
    secured = bound("/a", "GET", Signature(), security=["token"])
    assert list(operation_of(secured, **schemes)["responses"]) == ["200", "401"]
    scoped = bound("/a", "GET", Signature(), security=[{"token": ["stars"]}])
    assert list(operation_of(scoped, **schemes)["responses"]) == ["200", "401", "403"]
    public = bound("/a", "GET", Signature(), security=[])
    assert list(operation_of(public, security=["token"], **schemes)["responses"]) == ["200"]


CONTENT = {"content": {"a/b": {"schema": Star}}}


# --- what routes and the document say --------------------------------------------------------


def test_a_route_may_say_everything_of_its_operation() -> None:
    route = bound(
        "/stars",
        "POST",
        Signature(result=Star),
        status_code=201,
        summary="Add",
        description="Adds a star.",
        tags=["stars"],
        deprecated=True,
        operation_id="addStar",
        responses={
            404: "No such constellation.",
            409: {"description": "Taken.", "model": Star, "headers": {"Retry-After": {"schema": int}}},
            "default": Star,
            201: {"links": {"show": {"operationId": "addStar"}}},
        },
        callbacks={
            "added": {"{$request.query.url}": {"post": {"requestBody": {"content": {"a/b": {"schema": Star}}}}}}
        },
        servers=["https://stars.example"],
        external_docs={"url": "https://stars.example/docs"},
    )
    operation = operation_of(route)
    assert operation["operationId"] == "addStar"
    assert operation["deprecated"] is True
    assert operation["externalDocs"] == {"url": "https://stars.example/docs"}
    assert operation["servers"] == [{"url": "https://stars.example"}]
    responses = operation["responses"]
    assert responses["404"]["description"] == "No such constellation."
    assert "application/problem+json" in responses["404"]["content"]
    assert responses["409"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Star"}
    assert responses["409"]["headers"] == {"Retry-After": {"schema": {"type": "integer"}}}
    assert responses["default"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Star"}
    assert responses["201"]["links"] == {"show": {"operationId": "addStar"}}
    callback = operation["callbacks"]["added"]["{$request.query.url}"]["post"]
    assert callback["requestBody"]["content"]["a/b"]["schema"] == {"$ref": "#/components/schemas/StarInput"}


def test_operation_ids_follow_from_method_and_path_alone() -> None:
    routes = [
        Route("/", show),
        Mount("/skies/{sky}", routes=[Route("/stars/{number:int}/dark-moons", show, methods=["GET", "POST"])]),
        Route("/v{version:int}/a.b", show),
    ]
    document = OpenAPI(Router(routes)).document()
    validate(document)
    found = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert found == [
        "get_root",
        "get_skies_by_sky_stars_by_number_dark_moons",
        "post_skies_by_sky_stars_by_number_dark_moons",
        "get_v_by_version_a_b",
    ]


def test_the_rule_for_operation_ids_may_be_another() -> None:
    def by_name(route: DescribedRoute) -> str:
        return f"{route.method}-{route.route.name}"

    assert operation_of(Route("/", show), operation_id=by_name)["operationId"] == "get-show"


def test_an_operation_id_that_two_routes_name_is_an_error() -> None:
    routes = [bound(path, "GET", Signature(), operation_id="same") for path in ("/a", "/b")]
    with pytest.raises(ValueError, match="operation_id 'same' of GET /b is that of GET /a too; name another"):
        OpenAPI(Router(routes)).document()


def test_webhooks_are_routes_whose_path_is_their_name() -> None:
    hook = bound("/star-added", "POST", Signature((), Body(Star)))
    document = OpenAPI(Router([]), webhooks=[hook]).document()
    validate(document)
    assert list(document["webhooks"]) == ["star-added"]
    assert "requestBody" in document["webhooks"]["star-added"]["post"]


def test_the_document_has_what_was_said_of_the_api() -> None:
    openapi = OpenAPI(
        Router([Route("/", show)]),
        "Stars",
        "2.0",
        summary="S",
        description="D",
        terms_of_service="https://stars.example/terms",
        contact={"name": "Ada"},
        license={"name": "BSD-3-Clause"},
        servers=["https://stars.example/api"],
        tags=[{"name": "stars"}],
        external_docs={"url": "https://stars.example"},
        components={"responses": {"Gone": {"description": "Gone", "content": {"a/b": {"schema": Star}}}}},
        openapi_version="3.1.1",
    )
    document = openapi.document()
    validate(document)
    assert document["openapi"] == "3.1.1"
    assert document["info"]["termsOfService"] == "https://stars.example/terms"
    assert document["components"]["responses"]["Gone"]["content"]["a/b"]["schema"]["$ref"].endswith("/Star")


def test_the_method_query_and_methods_of_other_standards_need_openapi_3_2() -> None:
    routes = [Route("/", show, methods=["QUERY", "PROPFIND", "GET"])]
    document = OpenAPI(Router(routes)).document()
    assert sorted(document["paths"]["/"]) == ["additionalOperations", "get", "query"]
    assert list(document["paths"]["/"]["additionalOperations"]) == ["PROPFIND"]
    assert list(OpenAPI(Router(routes), openapi_version="3.1.1").document()["paths"]["/"]) == ["get"]


def test_a_route_that_is_not_to_be_listed_is_not() -> None:
    routes = [Route("/a", show, include_in_schema=False), bound("/b", "GET", Signature(), include_in_schema=False)]
    assert OpenAPI(Router(routes)).document()["paths"] == {}


def test_the_document_follows_the_routes() -> None:
    router = Router([Route("/a", show)])
    openapi = OpenAPI(router)
    first = openapi.document()
    assert openapi.document() is first
    router.routes.append(Route("/b", show))
    assert list(openapi.document()["paths"]) == ["/a", "/b"]


# --- mistakes --------------------------------------------------------------------------------


def test_a_scheme_that_is_not_defined_is_named() -> None:
    with pytest.raises(ValueError, match="GET /a requires the security scheme 'token': define it in security_schemes"):
        OpenAPI(Router([bound("/a", "GET", Signature(), security=["token"])])).document()


def test_a_type_without_a_schema_names_the_operation() -> None:
    with pytest.raises(TypeError, match="GET /a: TypesOfNothing has no JSON schema"):
        OpenAPI(Router([bound("/a", "GET", Signature(result=type("TypesOfNothing", (), {})))])).document()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"openapi_version": "3.0.3"}, "openapi_version takes '3.1.1' or '3.2.0', got '3.0.3'"),
        ({"path": "openapi.json"}, "path must start with '/', got 'openapi.json'; write '/openapi.json'"),
        ({"path": None}, r"path: pages need the document in JSON; name its path, or write pages=\[\]"),
    ],
)
def test_wrong_arguments_are_rejected(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        OpenAPI(Router([]), **arguments)


def test_an_openapi_describes_one_application() -> None:
    openapi = OpenAPI(title="Stars")
    with pytest.raises(ValueError, match="this OpenAPI describes no application"):
        openapi.document()
    router = Router([])
    openapi.add_to(router)
    with pytest.raises(ValueError, match="describes another application; make one for each"):
        openapi.add_to(Router([]))


def test_security_schemes_are_those_of_the_backends_in_the_middleware() -> None:
    class Backend:
        security_schemes = {"bearer": {"type": "http", "scheme": "bearer"}}

    class Basic:
        security_schemes = {"basic": {"type": "http", "scheme": "basic"}}

    class Application(Router):
        user_middleware = [Middleware(lambda app, *given, **named: app, 1, backend=Backend())]

    class Several(Router):
        user_middleware = [Middleware(lambda app, backend: app, [object(), Backend(), Basic()])]

    def allowed() -> None: ...

    allowed.required_scopes = ("stars",)  # type: ignore[attr-defined]

    async def show(number: int) -> int:
        return number

    app = Application([Route("/stars", show, dependencies=[binding.Depends(allowed)])])
    found = OpenAPI(app).document()
    assert found["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    assert found["paths"]["/stars"]["get"]["security"] == [{"bearer": ["stars"]}]
    given = OpenAPI(app, security_schemes={"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}).document()
    assert given["paths"]["/stars"]["get"]["security"] == [{"key": ["stars"]}]
    assert "securitySchemes" not in OpenAPI(app, security_schemes={}).document()["components"]
    several = OpenAPI(Several([Route("/stars", show, dependencies=[binding.Depends(allowed)])])).document()
    assert [*several["components"]["securitySchemes"]] == ["bearer", "basic"]
    assert several["paths"]["/stars"]["get"]["security"] == [{"bearer": ["stars"]}, {"basic": ["stars"]}]


BEARER = {"type": "http", "scheme": "bearer"}


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("webhooks", {"paid": {}}, ()),
        ("webhooks", ["paid"], ()),
        ("tags", "stars", [{"name": "stars"}]),
        ("tags", ["stars"], [{"name": "stars"}]),
        ("servers", "https://example.com", ["https://example.com"]),
        ("security", "bearer", ()),
        ("security_schemes", ["bearer"], {"bearer": BEARER}),
        ("security_schemes", {"bearer": "bearer"}, {"bearer": BEARER}),
        ("components", {"responses": []}, {"responses": {}}),
        ("contact", "Ada", {"name": "Ada"}),
        ("license", "MIT", {"name": "MIT"}),
        ("external_docs", "https://example.com", {"url": "https://example.com"}),
        ("types", [int], {}),
    ],
)
def test_an_argument_of_another_form_is_an_error_that_says_what_to_write(name: str, wrong: Any, right: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{name}: got .*; write {name}="):
        OpenAPI(**{name: wrong})
    validate(OpenAPI(Router(), **{name: right}).document())
    if name in ("tags", "security_schemes", "components", "contact", "license", "types"):
        with pytest.raises(TypeError, match=rf"^{name}: got .*; write {name}="):
            AsyncAPI(**{name: wrong})
