"""Every kind of value with every kind of bad JSON, in every kind of class: a value, a 400 or a 422 that says where."""

import dataclasses
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from testkit import call

from armillary.binding import Body, Form, bind
from armillary.http import Request

pytestmark = pytest.mark.anyio


class Color(Enum):
    RED = "red"


KINDS: list[Any] = [
    str,
    int,
    float,
    Decimal,
    bool,
    UUID,
    datetime,
    date,
    time,
    timedelta,
    Color,
    Literal["si", 1],
    int | None,
    list[int],
    set[int],
    dict[str, int],
    Any,
]
MALFORMED = [
    b"NaN",
    b"Infinity",
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b"[" * 5_000 + b"]" * 5_000,
    b"{",
    b"01",
    b"'x'",
    b"",
]
TOO_LARGE = [b"1e999", b"-1e999", b"9" * 5_000]
ODD = [
    b"null",
    b'""',
    b'"zzz"',
    b"1.0",
    b"1.5",
    b"true",
    b'"1"',
    b'"nan"',
    b"1e5",
    b"9" * 30,
    b'"' + b"9" * 10_000 + b'"',
    '"\u0661\u0662"'.encode(),
    b'"\\ud800"',
    b'"\\u0000"',
    b"[]",
    b"{}",
    b'{"a": 1, "a": 2}',
    b'{"\\ud800": 1}',
    b'"0000-01-01T00:00:00Z"',
    b'"9999-12-31T23:59:59-23:59"',
    b'"P99999999999D"',
    b'"1e999999999"',
    b'"sNaN"',
]


def structures(kind: Any) -> list[Any]:
    return [
        msgspec.defstruct("Struct", [("item", kind)]),
        dataclasses.make_dataclass("Data", [("item", kind)]),
        TypedDict("Dict", {"item": kind}),  # type: ignore[misc]
        attrs.make_class("Attrs", {"item": attrs.field(type=kind)}),
        pydantic.create_model("Model", item=(kind, ...)),
        Annotated[kind, Body(embed=True)],
    ]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # 3,000 requests, of which the event loop decides nothing
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: getattr(kind, "__name__", repr(kind)))
async def test_json_is_a_value_malformed_or_a_422_that_says_where(kind: Any) -> None:
    *_, bare = all_structures = structures(kind)
    for structure in all_structures:

        async def take(item: Any) -> Any:
            return str(item)

        async def give(item: Any) -> Any:
            return item

        take.__annotations__["item"] = structure
        give.__annotations__ |= {"item": structure, "return": kind if structure is bare else structure}
        for app in (bind(take), bind(give)):
            for value in (*MALFORMED, *TOO_LARGE, *ODD):
                headers = [(b"content-type", b"application/json")]
                response = await call(app, "/", method="POST", headers=headers, body=b'{"item": ' + value + b"}")
                seen = (structure, value[:40], response.body[:300])
                statuses = {400} if value in MALFORMED else {200, 400} if value in TOO_LARGE else {200, 422}
                assert response.status in statuses, seen
                document = json.loads(response.body)
                if response.status == 400:
                    assert "not valid JSON" in document["detail"], seen
                if response.status == 422:
                    assert {error["location"] for error in document["errors"]} == {"body"}, seen
                    assert all(error["pointer"].startswith("/item") for error in document["errors"]), seen


@pytest.mark.parametrize(
    ("kind", "value", "taken"),
    [(int, b"1.0", None), (int, b"1e5", None), (float, b"1", 1.0), (bool, b"1", None), (bool, b'"on"', None)],
)
async def test_what_json_writes_as_another_type_is_not_converted(kind: Any, value: bytes, taken: Any) -> None:
    async def give(item: Any) -> Any:
        return item

    give.__annotations__["item"] = Annotated[kind, Body()]
    headers = [(b"content-type", b"application/json")]
    response = await call(bind(give), "/", method="POST", headers=headers, body=value)
    assert (response.status, json.loads(response.body) == taken) == ((422, False) if taken is None else (200, True))


@pytest.mark.parametrize("kind", ["struct", "model"])
async def test_an_unknown_field_is_rejected_if_the_type_says_so(kind: str) -> None:
    class Struct(msgspec.Struct, forbid_unknown_fields=True):
        name: str

    class Model(pydantic.BaseModel, extra="forbid"):
        name: str

    async def take(item: Any) -> None: ...

    take.__annotations__["item"] = Struct if kind == "struct" else Model
    headers = [(b"content-type", b"application/json")]
    body = b'{"name": "Vega", "nmae": 1}'
    response = await call(bind(take), "/", method="POST", headers=headers, body=body)
    assert (response.status, json.loads(response.body)["errors"][0]["pointer"]) == (422, "/nmae")


async def test_the_field_of_the_token_against_cross_site_requests_is_not_unknown_to_a_strict_form() -> None:
    class Entry(msgspec.Struct, forbid_unknown_fields=True):
        name: str

    async def take(entry: Any) -> None: ...

    take.__annotations__["entry"] = Annotated[Entry, Form()]
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    for record, status in (({"csrf_field": "token"}, 204), ({"csrf_field": "other"}, 422), ({}, 422)):
        keys = {"method": "POST", "headers": headers, "body": b"name=Vega&token=x", "armillary": record}
        assert (await call(bind(take), "/", **keys)).status == status


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/msgpack", "application/x-www-form-urlencoded"]
)
async def test_a_body_over_the_limit_is_a_413_whatever_it_is(content_type: str) -> None:
    class SmallRequest(Request[Any]):
        max_body_size = 1_000

    async def take_form(item: Annotated[str, Form()]) -> None: ...

    async def take(item: Annotated[str, Body()]) -> None: ...

    app = bind(take_form if "form" in content_type else take, request_class=SmallRequest)
    headers = [(b"content-type", content_type.encode())]
    response = await call(app, "/", method="POST", headers=headers, body=b"item=" + b"9" * 2_000)
    assert (response.status, json.loads(response.body)["status"]) == (413, 413)
