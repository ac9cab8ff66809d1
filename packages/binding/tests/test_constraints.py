"""Constraints on optional parameters, validators of pydantic's, and types that say that nothing else may be sent."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import annotated_types
import msgspec
import pydantic
import pytest

from armillary.binding import BindingError, Body, Cookie, File, Form, Header, Query, bind
from armillary.http import UploadFile

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


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[Decimal, Query(ge=1, multiple_of=0.5)], "1.5", ["0.5", "1.6", "NaN"]),
        (Annotated[Decimal | None, annotated_types.Gt(1)], "2", ["1"]),
        (
            Annotated[Decimal, pydantic.Field(max_digits=3, decimal_places=1), Query(le=90)],
            "12.3",
            ["1.23", "123", "91"],
        ),
        (Annotated[date, annotated_types.Ge(date(2026, 1, 1))], "2026-01-01", ["2025-12-31"]),
        (Annotated[datetime, annotated_types.Timezone(...)], "2026-01-01T00:00:00Z", ["2026-01-01T00:00:00"]),
        (Annotated[str, annotated_types.Predicate(str.islower)], "vega", ["Vega"]),
        (Annotated[str, pydantic.StringConstraints(strip_whitespace=True, max_length=4)], "+vega+", ["vegas"]),
    ],
)
async def test_a_constraint_that_msgspec_does_not_check_is_checked(
    send: Any, annotation: Any, good: str, bad: list[str]
) -> None:
    async def show(item: Any, items: Any = ()) -> None: ...

    show.__annotations__ |= {"item": annotation, "items": Annotated[list[annotation], Query()]}
    app = bind(show)
    assert (await send(app, f"item={good}&items={good}")).status == 204
    for text in bad:
        sent = await send(app, f"item={text}&items={good}&items={text}".replace(":", "%3A"))
        assert sent.places == [("query", "/item"), ("query", "/items/1")]


async def upload(send: Any, app: Any, contents: list[str]) -> Any:
    head = '--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
    body = "".join(f"{head}{content}\r\n" for content in contents) + "--b--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=b"}
    return await send(app, method="POST", headers=kind, body=body.encode())


async def test_the_length_of_bytes_and_the_number_of_files_are_checked(send: Any) -> None:
    async def raw(content: Annotated[bytes, Body(max_length=3)]) -> None: ...

    async def one(photo: Annotated[bytes, File(max_length=3)]) -> None: ...

    async def many(photo: Annotated[list[UploadFile], File(max_length=1)]) -> None: ...

    assert (await send(bind(raw), method="POST", body=b"abc")).status == 204
    assert (await send(bind(raw), method="POST", body=b"abcd")).places == [("body", "")]

    for app, good, bad in ((bind(one), ["abc"], ["abcd"]), (bind(many), ["abcd"], ["a", "b"])):
        assert (await upload(send, app, good)).status == 204
        assert (await upload(send, app, bad)).places == [("form", "/photo")]


@pytest.mark.parametrize(
    ("annotation", "good", "bad"),
    [
        (Annotated[bytes | None, File(max_length=3)], [["abc"], []], ["abcd"]),
        (Annotated[bytes, msgspec.Meta(max_length=3)] | None, [["abc"], []], ["abcd"]),
        (Annotated[list[bytes] | None, File(max_length=1)], [["abcd"], []], ["a", "b"]),
        (Annotated[list[UploadFile] | None, File(max_length=1)], [["abcd"], []], ["a", "b"]),
    ],
)
async def test_files_that_may_be_absent_have_their_constraints(send: Any, annotation: Any, good: Any, bad: Any) -> None:
    async def show(photo: Any = None) -> None: ...

    has_source = any(isinstance(item, File) for item in getattr(annotation, "__metadata__", ()))
    show.__annotations__["photo"] = annotation if has_source else Annotated[annotation, File()]
    app = bind(show)
    for contents in good:
        assert (await upload(send, app, contents)).status == 204
    assert (await upload(send, app, bad)).places == [("form", "/photo")]


async def test_files_that_are_absent_are_their_defaults(send: Any) -> None:
    received: list[Any] = []

    async def show(
        one: Annotated[bytes, File(max_length=1)] = b"own",
        many: Annotated[list[bytes], File()] = [b"own"],  # noqa: B006
    ) -> None:
        received.extend((one, many))

    assert (await upload(send, bind(show), ["abc"])).status == 204
    assert received == [b"own", [b"own"]]


@pytest.mark.parametrize("annotation", [bytes | None, bytearray | None, Annotated[bytes, "a note"] | None])
async def test_bytes_of_a_body_that_may_be_absent_have_their_constraints(send: Any, annotation: Any) -> None:
    received = []

    async def show(content: Any = None) -> None:
        received.append(content)

    show.__annotations__["content"] = Annotated[annotation, Body(max_length=3)]
    app = bind(show)
    assert (await send(app, method="POST", body=b"abc")).status == 204
    assert (await send(app, method="POST", body=b"abcd")).places == [("body", "")]
    assert (await send(app, method="POST")).status == 204
    assert received == [b"abc", None]


def test_a_constraint_of_a_source_inside_a_type_of_pydantic_s_is_an_error_at_construction() -> None:
    async def show(items: list[Annotated[pydantic.EmailStr, Query(max_length=9)]]) -> None: ...

    with pytest.raises(BindingError, match="max_length=9 is not checked by pydantic"):
        bind(show)


@pytest.mark.parametrize("source", [File(max_length=3), annotated_types.Ge(3)])
def test_a_constraint_that_a_file_cannot_have_is_an_error_at_construction(source: Any) -> None:
    async def show(photo: Any) -> None: ...

    show.__annotations__["photo"] = Annotated[UploadFile, source]
    with pytest.raises(BindingError, match="cannot be checked of UploadFile"):
        bind(show)
