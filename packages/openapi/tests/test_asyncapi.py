"""AsyncAPI documents, validated by the official schema (npm package @asyncapi/specs 6.11.1)."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any

import jsonschema
import msgspec
import pydantic
import pytest
from testkit import call

from armillary.asgi_types import Middleware
from armillary.binding import Depends, EventStream, Header, Messages, Query
from armillary.http import EventSourceResponse, ServerSentEvent
from armillary.openapi import AsyncAPI
from armillary.openapi._commands import main
from armillary.openapi.document._draft_07 import as_draft_07
from armillary.routing import Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

SCHEMA = json.loads(gzip.decompress((Path(__file__).parent / "schemas" / "asyncapi-3.0.0.json.gz").read_bytes()))


class Said(msgspec.Struct, tag=True):
    text: Annotated[str, msgspec.Meta(max_length=100, description="What was said.")]
    at: tuple[int, str] | None = None


class Left(msgspec.Struct, tag=True):
    pass


class Heard(pydantic.BaseModel):
    """What everybody in the room hears."""

    who: str
    text: str = pydantic.Field(examples=["hello"])


async def known(x_key: Annotated[str, Header(description="The key.")]) -> str:
    return x_key


async def talk(
    websocket: Annotated[WebSocket, Messages(receives=Said | Left, sends=Heard)],
    room: int,
    key: Annotated[str, Depends(known)],
    token: Annotated[str | None, Query(deprecated=True)] = None,
) -> None:
    """Talk in a room.

    Everybody hears it.
    """


async def plain(websocket: WebSocket) -> None: ...


async def upload(websocket: Annotated[WebSocket, Messages(receives=bytes)]) -> None: ...


async def ticks(since: int = 0) -> Annotated[AsyncIterator[Heard], EventStream()]:
    """
    summary: What is heard everywhere
    """
    yield Heard(who="a", text="b")


async def events() -> Annotated[AsyncIterator[ServerSentEvent], EventStream()]:
    yield ServerSentEvent("x")


async def raw(request: Any) -> EventSourceResponse:
    raise NotImplementedError


async def number() -> int:
    return 1


ROUTES = [
    WebSocketRoute("/rooms/{room:int}", talk),
    WebSocketRoute("/", plain),
    Mount("/api/{version}", routes=[WebSocketRoute("/upload", upload), Route("/ticks", ticks, tags=["ticks"])]),
    Route("/events", events),
    Route("/raw", raw),
    Route("/number", number),
    Route("/hidden", events, include_in_schema=False),
]


def document(*routes: Any, **options: Any) -> dict[str, Any]:
    made = AsyncAPI(Router(routes or ROUTES), "Chat", "1.0", **options).document()
    jsonschema.Draft7Validator(SCHEMA).validate(made)
    return made


def test_each_websocket_and_stream_of_events_is_a_channel_and_nothing_else_is() -> None:
    channels = document()["channels"]
    assert {name: channel["address"] for name, channel in channels.items()} == {
        "rooms_by_room": "/rooms/{room}",
        "root": "/",
        "api_by_version_upload": "/api/{version}/upload",
        "api_by_version_ticks": "/api/{version}/ticks",
        "events": "/events",
        "raw": "/raw",
    }


def test_an_operation_is_what_the_application_does_with_a_message() -> None:
    made = document()
    assert {name: item["action"] for name, item in made["operations"].items()} == {
        "receive_rooms_by_room": "receive",
        "send_rooms_by_room": "send",
        "receive_root": "receive",
        "send_root": "send",
        "receive_api_by_version_upload": "receive",
        "send_api_by_version_ticks": "send",
        "send_events": "send",
        "send_raw": "send",
    }
    talked = made["operations"]["receive_rooms_by_room"]
    assert (talked["summary"], talked["description"]) == ("Talk in a room", "Everybody hears it.")
    assert talked["messages"] == [{"$ref": "#/channels/rooms_by_room/messages/receiveMessage"}]
    ticked = made["operations"]["send_api_by_version_ticks"]
    assert (ticked["summary"], ticked["tags"]) == ("What is heard everywhere", [{"name": "ticks"}])
    assert ticked["bindings"]["http"]["query"]["properties"] == {"since": {"type": "integer", "default": 0}}


def test_the_messages_of_a_websocket_are_those_its_annotation_names() -> None:
    made = document()
    messages = made["channels"]["rooms_by_room"]["messages"]
    assert messages["receiveMessage"]["payload"] == {
        "oneOf": [{"$ref": "#/components/schemas/Said"}, {"$ref": "#/components/schemas/Left"}],
        "discriminator": "type",
    }
    assert messages["sendMessage"] == {"name": "Heard", "payload": {"$ref": "#/components/schemas/Heard"}}
    schemas = made["components"]["schemas"]
    assert schemas["Heard"]["description"] == "What everybody in the room hears."
    assert schemas["Said"]["properties"]["text"]["maxLength"] == 100
    pair = schemas["Said"]["properties"]["at"]["anyOf"][0]
    assert pair["items"] == [{"type": "integer"}, {"type": "string"}]  # as draft 07 has it
    uploaded = made["channels"]["api_by_version_upload"]["messages"]
    assert uploaded["receiveMessage"]["contentType"] == "application/octet-stream"
    assert "payload" not in made["channels"]["root"]["messages"]["sendMessage"]
    assert made["channels"]["events"]["messages"]["sendMessage"]["contentType"] == "text/event-stream"


def test_the_handshake_is_described_by_the_parameters() -> None:
    channel = document()["channels"]["rooms_by_room"]
    assert channel["parameters"] == {"room": {}}
    handshake = channel["bindings"]["ws"]
    assert handshake["query"]["properties"]["token"]["deprecated"] is True
    assert handshake["headers"] == {
        "type": "object",
        "properties": {"x-key": {"type": "string", "description": "The key."}},
        "required": ["x-key"],
    }


def test_servers_security_and_info_are_those_given() -> None:
    made = document(
        Route("/ticks", ticks, security=["key"]),
        description="A *chat*.",
        license={"name": "MIT"},
        tags=[{"name": "ticks"}],
        servers={"live": {"host": "sky.example", "protocol": "wss"}},
        security_schemes={"key": {"type": "apiKey", "in": "user"}},
    )
    assert (made["asyncapi"], made["info"]["license"]) == ("3.0.0", {"name": "MIT"})
    assert made["servers"]["live"]["protocol"] == "wss"
    assert made["operations"]["send_ticks"]["security"] == [{"$ref": "#/components/securitySchemes/key"}]


def test_a_required_scheme_is_defined_and_those_required_together_are_named() -> None:
    """Each member of `security` is enough by itself in AsyncAPI, so "both of them" is said beside it."""
    both: Any = {"key": {"type": "apiKey", "in": "user"}, "token": {"type": "http", "scheme": "bearer"}}
    with pytest.raises(ValueError, match=r"GET /ticks requires the security scheme 'kay': define it in security_sch"):
        document(Route("/ticks", ticks, security=["kay"]), security_schemes=both)
    references = [{"$ref": f"#/components/securitySchemes/{name}"} for name in both]
    for security, together in ((["key", "token"], None), (["key", {"key": [], "token": []}], [["key", "token"]])):
        made = document(Route("/ticks", ticks, security=security), security_schemes=both)  # type: ignore[arg-type]
        operation = made["operations"]["send_ticks"]
        assert (operation["security"], operation.get("x-required-together")) == (references, together)


def test_examples_and_defaults_are_left_as_they_are() -> None:
    value = {"$ref": "#/components/schemas/A", "prefixItems": [1]}
    schema = {"const": value, "default": value, "enum": [value], "examples": [value]}
    assert as_draft_07({**schema, "items": {"prefixItems": [{"default": value}]}}) == {
        **schema,
        "items": {"items": [{"default": value}]},
    }
    named = {"properties": {"default": {"prefixItems": [{}]}, "const": {"prefixItems": [{}]}}}
    assert as_draft_07(named) == {"properties": {"default": {"items": [{}]}, "const": {"items": [{}]}}}


def test_channels_of_one_path_have_names_of_their_own() -> None:
    names = document(WebSocketRoute("/live", plain), Route("/live", raw))["channels"]
    assert [*names] == ["live", "live_2"]


def test_a_type_without_a_schema_is_an_error_that_names_the_route() -> None:
    class Odd:
        pass

    async def chat(websocket: Any) -> None: ...

    chat.__annotations__["websocket"] = Annotated[WebSocket, Messages(sends=Odd)]
    with pytest.raises(TypeError, match=r"WEBSOCKET /chat: .*Odd has no JSON schema"):
        AsyncAPI(Router([WebSocketRoute("/chat", chat)])).document()
    assert AsyncAPI(Router([WebSocketRoute("/chat", chat)]), types={Odd: {"type": "string"}}).document()


@pytest.mark.anyio
async def test_it_is_served_and_follows_the_routes_and_the_mount() -> None:
    app = Router([WebSocketRoute("/live", plain)])
    AsyncAPI(title="Chat", yaml_path="/asyncapi.yaml").add_to(app)
    sent = await call(app, "/asyncapi.json")
    assert json.loads(sent.body)["channels"].keys() == {"live"}
    again = await call(app, "/asyncapi.json", headers=[(b"if-none-match", sent.headers["etag"].encode())])
    assert again.status == 304
    app.routes.append(WebSocketRoute("/more", plain))
    mounted = await call(Router([Mount("/chat", app)]), "/chat/asyncapi.json")
    assert {item["address"] for item in json.loads(mounted.body)["channels"].values()} == {"/chat/live", "/chat/more"}
    assert b"asyncapi: 3.0.0" in (await call(app, "/asyncapi.yaml")).body


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chat_program.py").write_text(
        "from armillary.openapi import AsyncAPI\n"
        "from armillary.routing import Router, WebSocketRoute\n"
        "async def live(websocket): ...\n"
        "app = Router([WebSocketRoute('/live', live)])\n"
        "described = AsyncAPI(app, 'Own', '2')\n"
    )
    arguments = ["asyncapi", "--app-dir", str(tmp_path)]
    assert main([*arguments, "chat_program:app", "--title", "Chat"]) == 0
    assert json.loads(capsys.readouterr().out)["info"] == {"title": "Chat", "version": "0.1.0"}
    assert main([*arguments, "chat_program:described", "--yaml", "-o", str(tmp_path / "a.yaml")]) == 0
    assert "title: Own" in (tmp_path / "a.yaml").read_text()


def test_a_websocket_route_says_what_its_annotations_do_not() -> None:
    group = Router()
    group.websocket(
        "/talk", tags=["chat"], summary="Talk", security=["key"], external_docs={"url": "https://x.example"}
    )(plain)
    hidden = WebSocketRoute("/hidden", plain, include_in_schema=False)
    app = Router([hidden])
    app.include(group, "/rooms", tags=["rooms"])
    app.group("/far", tags=["far"]).websocket("/talk")(plain)
    found = AsyncAPI(app, security_schemes={"key": {"type": "userPassword"}}).document()
    jsonschema.validate(found, SCHEMA)
    assert sorted(found["channels"]) == ["far_talk", "rooms_talk"]
    operation = found["operations"]["receive_rooms_talk"]
    assert operation["tags"] == [{"name": "rooms"}, {"name": "chat"}]
    assert operation["summary"] == "Talk"
    assert operation["externalDocs"] == {"url": "https://x.example"}
    assert operation["security"] == [{"$ref": "#/components/securitySchemes/key"}]
    assert found["operations"]["send_far_talk"]["tags"] == [{"name": "far"}]


def test_scopes_that_dependencies_of_a_websocket_require_are_security() -> None:
    def allowed() -> None: ...

    allowed.required_scopes = ("chat",)  # type: ignore[attr-defined]
    route = WebSocketRoute("/talk", plain, dependencies=[Depends(allowed)])
    found = AsyncAPI(Router([route]), security_schemes={"key": {"type": "userPassword"}}).document()
    assert found["operations"]["receive_talk"]["security"] == [{"$ref": "#/components/securitySchemes/key"}]


def test_a_misspelt_keyword_of_a_websocket_route_is_an_error() -> None:
    with pytest.raises(TypeError, match="WebSocketRoute got an unexpected keyword argument 'tag'; did you mean 'tags'"):
        WebSocketRoute("/talk", plain, tag=["chat"])  # type: ignore[call-arg]


def test_schemes_of_backends_are_written_as_in_asyncapi() -> None:
    class Backend:
        security_schemes = {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "bearer": {"type": "http", "scheme": "bearer"},
            "login": {
                "type": "oauth2",
                "flows": {"password": {"tokenUrl": "https://x.example/t", "scopes": {"a": "A"}}},
            },
        }

    class Application(Router):
        user_middleware = [Middleware(lambda app, backend: app, Backend())]

    def allowed() -> None: ...

    allowed.required_scopes = ("chat",)  # type: ignore[attr-defined]
    found = AsyncAPI(Application([WebSocketRoute("/talk", plain, dependencies=[Depends(allowed)])])).document()
    jsonschema.validate(found, SCHEMA)
    assert found["components"]["securitySchemes"] == {
        "key": {"type": "httpApiKey", "in": "header", "name": "X-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "login": {
            "type": "oauth2",
            "flows": {"password": {"tokenUrl": "https://x.example/t", "availableScopes": {"a": "A"}}},
        },
    }
