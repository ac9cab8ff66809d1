from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from typing import Any, TypedDict

import msgspec
import pydantic
import pytest

from armillary.http import (
    JSONResponse,
    Request,
    Response,
    ValidationError,
    decode_json,
    decode_msgspec,
    decode_orjson,
    encode_msgspec,
    encode_orjson,
    request_response,
)

pytestmark = pytest.mark.anyio


class StdlibRequest(Request):
    pass


class OrjsonRequest(Request):
    json_decoder = staticmethod(decode_orjson)


class MsgspecRequest(Request):
    json_decoder = staticmethod(decode_msgspec)


every_decoder = pytest.mark.parametrize("request_class", [StdlibRequest, OrjsonRequest, MsgspecRequest])


async def echo(request: Request) -> Response:
    return JSONResponse(await request.json())


@every_decoder
@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/a+json"])
async def test_json_is_decoded(post: Any, request_class: type[Request], content_type: str) -> None:
    app = request_response(echo, request_class=request_class)
    sent = await post(app, b'{"a": [1, ', '"é"]}'.encode(), content_type=content_type)
    assert (sent.status, sent.body) == (200, '{"a":[1,"é"]}'.encode())


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_another_media_type_is_rejected_unless_allowed(post: Any, content_type: str | None) -> None:
    async def any_type(request: Request) -> Response:
        return JSONResponse(await request.json(any_media_type=True))

    sent = await post(request_response(echo), b"{}", content_type=content_type)
    assert sent.status == 415
    assert b"must have the media type application/json" in sent.body
    assert (await post(request_response(any_type), b"{}", content_type=content_type)).body == b"{}"


@every_decoder
@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"{", b'{"a":}', b"[1,]", b"nul", b"{} {}", b"\xff", b'"\xff"', b"NaN", b"[Infinity]", b"'a'", b"\x00"],
)
async def test_malformed_json_is_a_400(post: Any, request_class: type[Request], body: bytes) -> None:
    sent = await post(request_response(echo, request_class=request_class), body, content_type="application/json")
    assert sent.status == 400
    assert json.loads(sent.body)["detail"].startswith("The request body is not valid JSON: ")


@every_decoder
@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"a":' * 200_000, b"[" * 200_000 + b"]" * 200_000])
async def test_json_nested_too_deep_is_a_400(post: Any, request_class: type[Request], body: bytes) -> None:
    sent = await post(request_response(echo, request_class=request_class), body, content_type="application/json")
    assert sent.status == 400
    assert b"not valid JSON" in sent.body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a":\n  x}', "expecting value at line 2 column 3 (byte 8)"),
        ('{"é":x}'.encode(), "expecting value at line 1 column 7 (byte 6)"),
        (b'\xef\xbb\xbf{"a":x}', "expecting value at line 1 column 9 (byte 8)"),
        (b'["a", "\xff"]', "not UTF-8 at line 1 column 8 (byte 7)"),
        (b'["NaN",\n NaN]', "NaN is not JSON at line 2 column 2 (byte 9)"),
        (b'{"a\\"": -Infinity}', "-Infinity is not JSON at line 1 column 9 (byte 8)"),
        (b'{"1e999": [1.5, 1e999]}', "a number of 5 characters is too large at line 1 column 17 (byte 16)"),
        (b"[1, -" + b"7" * 4301 + b"]", "a number of 4302 characters is too large at line 1 column 5 (byte 4)"),
        (b"[" * 600 + b"]" * 600, "nested deeper than 512 levels at line 1 column 513 (byte 512)"),
    ],
)
async def test_the_position_of_the_error_is_reported(post: Any, body: bytes, message: str) -> None:
    sent = await post(request_response(echo), body, content_type="application/json")
    assert json.loads(sent.body)["detail"] == f"The request body is not valid JSON: {message}."


def test_depth_is_counted_outside_of_strings_and_exactly() -> None:
    assert decode_json(b"[" * 512 + b"]" * 512)
    with pytest.raises(ValueError):
        decode_json(b"[" * 513 + b"]" * 513)
    many = b'["' + b"[" * 2000 + b'\\"[["' + b',"]]"' * 2000 + b"]"
    assert len(decode_json(many)) == 2001
    assert len(decode_json(b"[" + b",".join([b"[]"] * 2000) + b"]")) == 2000
    # Closing brackets inside of strings hide nothing.
    with pytest.raises(ValueError):
        decode_json(b'["]]]]",' * 513 + b"1" + b"]" * 513)


def test_white_space_and_a_byte_order_mark_around_the_value_are_taken() -> None:
    assert decode_json(b'\xef\xbb\xbf \r\n{"a": 1}\n ') == {"a": 1}


async def test_json_is_decoded_once(post: Any) -> None:
    calls: list[bytes] = []

    class Counting(Request):
        @staticmethod
        def json_decoder(body: bytes) -> Any:
            calls.append(body)
            return decode_json(body)

    async def twice(request: Request) -> Response:
        assert await request.json() is await request.json()
        return Response()

    assert (
        await post(request_response(twice, request_class=Counting), b"{}", content_type="application/json")
    ).status == 200
    assert calls == [b"{}"]


@pytest.mark.parametrize("encoder", [encode_orjson, encode_msgspec])
def test_a_response_encodes_with_another_library(encoder: Any) -> None:
    class Fast(JSONResponse):
        pass

    Fast.encoder = staticmethod(encoder)
    assert Fast({"a": ["é", 1]}).body == '{"a":["é",1]}'.encode()


class Struct(msgspec.Struct):
    name: str
    tags: list[int]


@dataclass
class Data:
    name: str
    tags: list[int]


class Typed(TypedDict):
    name: str
    tags: list[int]


class Model(pydantic.BaseModel):
    name: str
    tags: list[int]


TYPES: list[Any] = [Struct, Data, Typed, Model]
GOOD = {"name": "x", "tags": [1, 2]}
BAD = {"name": "x", "tags": [1, "two"]}


async def read_as(post: Any, type_: Any, value: Any) -> Any:
    async def endpoint(request: Request) -> Response:
        result = await request.json(type=type_)
        results.append(result)
        return Response(type(result).__name__)

    results: list[Any] = []
    sent = await post(request_response(endpoint), msgspec.json.encode(value), content_type="application/json")
    return sent, results


@pytest.mark.parametrize("type_", [*TYPES, list[Struct], dict[str, Model], list[Model]])
async def test_a_body_is_validated_into_a_type(post: Any, type_: Any) -> None:
    container = getattr(type_, "__origin__", None)
    value = [GOOD] if container is list else {"a": GOOD} if container is dict else GOOD
    sent, results = await read_as(post, type_, value)
    assert sent.status == 200, sent.body
    result = results[0][0] if container is list else results[0]["a"] if container is dict else results[0]
    name = result["name"] if isinstance(result, dict) else result.name
    assert name == "x"


@pytest.mark.parametrize("type_", TYPES)
async def test_a_body_that_does_not_fit_is_a_422_with_the_path(post: Any, type_: Any) -> None:
    sent, _ = await read_as(post, type_, BAD)
    assert sent.status == 422
    assert b'"detail":"The request body is invalid: $.tags[' in sent.body
    sent, _ = await read_as(post, type_, [1])
    assert sent.status == 422
    assert b'"detail":"The request body is invalid: $:' in sent.body


async def test_pydantic_names_every_place_that_does_not_fit() -> None:
    from armillary.serialization import validate

    with pytest.raises(ValidationError) as caught:
        validate({"tags": ["x", 1, "y"]}, Model)
    assert [error["path"] for error in caught.value.errors] == ["$.name", "$.tags[0]", "$.tags[2]"]


def test_a_strict_model_takes_dates_as_json_writes_them() -> None:
    from datetime import date

    from armillary.serialization import validate

    class Strict(pydantic.BaseModel, strict=True):
        day: date

    assert validate({"day": "2024-05-01"}, Strict).day == date(2024, 5, 1)
    with pytest.raises(ValidationError):
        validate({"day": "\ud800"}, Strict)


async def test_without_msgspec_dataclasses_go_to_pydantic(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    from armillary.serialization import validate

    assert validate(GOOD, Data) == Data("x", [1, 2])


async def test_without_either_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "msgspec", None)
    monkeypatch.setitem(sys.modules, "pydantic", None)
    from armillary.serialization import validate

    with pytest.raises(TypeError, match="pip install armillary-serialization"):
        validate({}, dict[str, dict[str, int]])  # a type that no other test has cached


@pytest.mark.parametrize(
    ("body", "type_", "path"),
    [
        (b'"\\ud800"', int, "$"),
        (b'[1, "\\udfff"]', list[int], "$[1]"),
        (b'{"a": {"b": [0, "x\\ud800"]}}', dict[str, dict[str, list[int]]], "$.a.b[1]"),
        (b'{"\\ud800": 1}', dict[int, int], "$"),
    ],
)
async def test_a_lone_surrogate_of_another_decoder_does_not_fit(post: Any, body: bytes, type_: Any, path: str) -> None:
    class OtherDecoder(Request):
        json_decoder = staticmethod(json.loads)

    async def typed(request: Request) -> Response:
        return JSONResponse(await request.json(type=type_))

    sent = await post(request_response(typed, request_class=OtherDecoder), body, content_type="application/json")
    expected = f"The request body is invalid: {path}: Expected text that UTF-8 can encode, got a lone surrogate"
    assert (sent.status, json.loads(sent.body)["detail"]) == (422, expected)


async def test_a_lone_surrogate_is_read_as_the_replacement_character(post: Any) -> None:
    async def typed(request: Request) -> Response:
        assert await request.json() == ["\ufffd"]
        return JSONResponse(await request.json(type=list[str]))

    sent = await post(request_response(typed), b'["\\ud800"]', content_type="application/json")
    assert sent.body == '["\ufffd"]'.encode()


@pytest.mark.parametrize(("limit", "in_thread"), [(9, True), (10, False), (None, False)])
async def test_a_large_body_is_decoded_in_a_thread(post: Any, limit: int | None, in_thread: bool) -> None:
    threads: list[int] = []

    class Watched(Request):
        json_thread_size = limit

        def decode_json_body(self, body: bytes) -> Any:
            threads.append(threading.get_ident())
            return super().decode_json_body(body)

    app = request_response(echo, request_class=Watched)
    assert (await post(app, b"[1,2,3,45]", content_type="application/json")).body == b"[1,2,3,45]"
    assert (await post(app, b"[1,2,3,45}", content_type="application/json")).status == 400
    assert [thread != threading.get_ident() for thread in threads] == [in_thread] * 2


async def test_a_body_is_large_from_1_mib_on() -> None:
    assert Request.json_thread_size == 1024 * 1024
