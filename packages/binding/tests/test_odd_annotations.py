"""Annotations that are rare and have one obvious meaning."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import pydantic
import pytest

from armillary.binding import BindingError, Body, Cookie, File, Form, Header, Query, bind
from armillary.http import UploadFile

pytestmark = pytest.mark.anyio


class Kind(enum.Enum):
    STAR = "star"
    MOON = "moon"


class Switch(enum.Enum):
    ON = True
    OFF = False


class Point(NamedTuple):
    x: int
    y: int = 0


class Filters(msgspec.Struct):
    kind: str
    limit: int = 10


class Search(pydantic.BaseModel):
    kind: str
    limit: int = 10


@dataclass
class Account:
    name: str
    admin: bool = field(init=False, default=False)


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("annotation", "good", "value", "bad"),
    [
        (Literal[Kind.STAR], "star", "star", "moon"),
        (Literal[True, "auto"], "true", True, "True"),
        (Literal["a", None], "a", "a", "None"),
        (Switch, "false", False, "False"),
        (list[Literal[Kind.MOON, 3]], "3", [3], "star"),
    ],
)
async def test_a_choice_is_written_as_in_json(send: Any, annotation: Any, good: str, value: Any, bad: str) -> None:
    async def show(choice):  # type: ignore[no-untyped-def] # annotated below
        return choice

    show.__annotations__ = {"choice": Annotated[annotation, Query()], "return": Any}
    app = bind(show)
    assert (await send(app, f"choice={good}")).json == value
    assert (await send(app, f"choice={bad}")).status == 422


@pytest.mark.parametrize("type_", [Filters, Search])
@pytest.mark.parametrize("source", [Query, Header, Cookie])
async def test_a_spread_type_that_may_be_absent_is_its_default(send: Any, type_: Any, source: Any) -> None:
    async def show(filters=None):  # type: ignore[no-untyped-def] # annotated below
        return filters

    show.__annotations__ = {"filters": Annotated[type_ | None, source()], "return": type_ | None}
    app = bind(show)
    assert not any(parameter.required for parameter in app.signature.parameters)
    location = source.source

    async def sent(name: str, value: str) -> Any:
        if source is Query:
            return await send(app, f"{name}={value}")
        headers = {name: value} if source is Header else {"cookie": f"{name}={value}"}
        return await send(app, headers=headers)

    assert (await send(app)).json is None
    assert (await sent("kind", "dwarf")).json == {"kind": "dwarf", "limit": 10}
    assert (await sent("limit", "3")).places == [(location, "/kind")]
    assert (await sent("limit", "x")).places == [(location, "/limit")]


async def test_a_spread_form_that_may_be_absent_is_its_default(send: Any) -> None:
    async def add(filters: Annotated[Filters | None, Form()] = None) -> Filters | None:
        return filters

    app = bind(add)
    assert app.signature.body is not None
    assert not app.signature.body.required
    assert (await send(app, method="POST")).json is None
    assert (await send(app, method="POST", headers=FORM, body=b"kind=x")).json == {"kind": "x", "limit": 10}
    assert (await send(app, method="POST", headers=FORM, body=b"limit=1")).places == [("form", "/kind")]


@pytest.mark.parametrize("annotation", [Point, Point | None, Annotated[Point, Body()]])
async def test_a_named_tuple_is_an_array_of_the_body(send: Any, annotation: Any) -> None:
    async def add(point):  # type: ignore[no-untyped-def] # annotated below
        return point

    add.__annotations__ = {"point": annotation, "return": annotation}
    assert (await send(bind(add), data=[3])).json == [3, 0]
    assert (await send(bind(add), data=["3"])).places == [("body", "/0")]


async def test_a_form_without_its_optional_files_need_not_be_multipart(send: Any) -> None:
    async def add(
        name: Annotated[str, Form()], photo: UploadFile | None = None, scan: Annotated[bytes, File()] = b"none"
    ) -> list[Any]:
        return [name, photo is None, len(scan)]

    assert (await send(bind(add), method="POST", headers=FORM, body=b"name=Ada")).json == ["Ada", True, 4]

    async def add_with_file(name: Annotated[str, Form()], photo: UploadFile) -> str:
        return name

    assert (await send(bind(add_with_file), method="POST", headers=FORM, body=b"name=Ada")).status == 415


async def test_a_client_sets_no_field_that_the_class_makes(send: Any) -> None:
    async def add(account: Account) -> Account:
        return account

    sent = await send(bind(add), data={"name": "Ada", "admin": True})
    assert sent.json == {"name": "Ada", "admin": False}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"alias": ""}, "(alias='') is no name"),
        ({"pattern": "("}, "pattern='(') is no regular expression"),
        ({"min_length": -1}, "min_length=-1) is no length"),
        ({"multiple_of": 0}, "multiple_of=0) divides nothing"),
    ],
)
@pytest.mark.parametrize("source", [Query, Body])
def test_a_setting_of_a_source_that_cannot_be_is_an_error_where_it_is_written(
    source: Any, settings: Any, problem: str
) -> None:
    with pytest.raises(ValueError) as caught:
        source(**settings)
    assert problem in str(caught.value)


@pytest.mark.parametrize("alias", ["x y", "é€", "a\n"])
def test_what_is_no_name_of_a_header_is_an_error(alias: str) -> None:
    async def show(value):  # type: ignore[no-untyped-def] # annotated below
        return value

    show.__annotations__ = {"value": Annotated[str, Header(alias=alias)], "return": str}
    with pytest.raises(BindingError, match="is no name of a header"):
        bind(show)


def test_a_class_of_a_function_is_said_to_be_out_of_reach_of_text_annotations() -> None:
    class Local(msgspec.Struct):
        name: str

    async def add(local: Local) -> None: ...

    with pytest.raises(BindingError, match="at the top level of the module, not in a function"):
        bind(add)
