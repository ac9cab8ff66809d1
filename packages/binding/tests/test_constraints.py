"""Constraints on optional parameters, validators of pydantic's, and types that say that nothing else may be sent."""

from typing import Annotated, Any

import annotated_types
import msgspec
import pydantic
import pytest

from armillary.binding import BindingError, Body, Cookie, Form, Header, Query, bind

pytestmark = pytest.mark.anyio


class Exact(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""


class ExactModel(pydantic.BaseModel, extra="forbid"):
    name: str = ""


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[str | None, Query(min_length=3, pattern="^[a-z]+$")], "vega", ["ve", "VEGA"]),
        (Annotated[int | None, Query(ge=1)], "1", ["0"]),
        (Annotated[int | str, Query(ge=1, max_length=3)], "x", ["xxxx"]),
        (Annotated[str | None, annotated_types.MinLen(3)], "vega", ["ve"]),
        (Annotated[int | None, pydantic.Field(le=9)], "9", ["10"]),
        (Annotated[list[str] | None, Query(max_length=1)], "a", ["a&item=b"]),
        (Annotated[float | None, msgspec.Meta(gt=0)], "0.5", ["0"]),
    ],
)
async def test_a_constraint_on_a_union_is_on_the_member_that_can_have_it(
    send: Any, annotation: Any, good: str, bad: list[str]
) -> None:
    async def show(item: Any = None) -> Any:
        return item

    show.__annotations__["item"] = annotation
    app = bind(show)
    assert (await send(app)).json is None
    assert (await send(app, f"item={good}")).status == 200
    for text in bad:
        sent = await send(app, f"item={text}")
        assert (sent.status, sent.places) == (422, [("query", "/item")])


async def test_a_constraint_that_no_member_can_have_is_an_error_at_construction() -> None:
    async def show(item: Annotated[bool | None, Query(ge=1)] = None) -> None: ...

    with pytest.raises(BindingError, match="ge"):
        bind(show)


async def test_a_constraint_on_an_optional_body_is_checked(send: Any) -> None:
    async def add(name: Annotated[str | None, Body(min_length=2)] = None) -> str | None:
        return name

    app = bind(add)
    assert (await send(app, data="ab")).json == "ab"
    assert (await send(app, data=None)).json is None
    assert (await send(app, data="a")).places == [("body", "")]


async def test_validators_of_pydantic_check_and_change_a_parameter(send: Any) -> None:
    def even(value: int) -> int:
        if value % 2:
            raise ValueError("odd")
        return value // 2

    Even = Annotated[int, pydantic.AfterValidator(even)]

    async def show(one: Annotated[Even, Query(le=100)], many: Annotated[list[Even], Query()] = []) -> list[Any]:  # noqa: B006
        return [one, many]

    app = bind(show)
    assert (await send(app, "one=6&many=2&many=4")).json == [3, [1, 2]]
    assert (await send(app, "one=7&many=2&many=5")).places == [("query", "/one"), ("query", "/many/1")]
    assert (await send(app, "one=x")).json["errors"][0]["message"] == "Expected a whole number"
    assert (await send(app, "one=202")).places == [("query", "/one")]


@pytest.mark.parametrize("validator", [pydantic.BeforeValidator, pydantic.PlainValidator])
async def test_validators_that_come_first_are_given_the_text(send: Any, validator: Any) -> None:
    def hexadecimal(text: str) -> int:
        return int(text, 16)

    async def show(number: Any) -> Any:
        return number

    show.__annotations__["number"] = Annotated[int, validator(hexadecimal), Query()]
    app = bind(show)
    assert (await send(app, "number=ff")).json == 255
    assert (await send(app, "number=xyz")).places == [("query", "/number")]


@pytest.mark.parametrize("kind", [Exact, ExactModel])
async def test_a_type_without_other_fields_rejects_other_names_where_it_is_read(send: Any, kind: Any) -> None:
    async def query(fields: Any, limit: int = 0) -> None: ...

    async def cookie(fields: Any) -> None: ...

    async def form(fields: Any, age: Annotated[int, Form()] = 0) -> None: ...

    for function, source in ((query, Query), (cookie, Cookie), (form, Form)):
        function.__annotations__["fields"] = Annotated[kind, source()]
    assert (await send(bind(query), "name=a&limit=1")).status == 204
    assert (await send(bind(query), "naem=a&limit=1&x=1&x=2")).places == [("query", "/naem"), ("query", "/x")]
    assert (await send(bind(cookie), headers={"cookie": "name=a"})).status == 204
    assert (await send(bind(cookie), headers={"cookie": "naem=a"})).places == [("cookie", "/naem")]
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await send(bind(form), method="POST", headers=headers, body=b"name=a&age=1")).status == 204
    sent = await send(bind(form), method="POST", headers=headers, body=b"naem=a")
    assert sent.places == [("form", "/naem")]


async def test_headers_may_have_other_names_since_every_client_sends_some(send: Any) -> None:
    async def show(fields: Annotated[Exact, Header()]) -> str:
        return fields.name

    assert (await send(bind(show), headers={"name": "a", "user-agent": "probe"})).json == "a"
