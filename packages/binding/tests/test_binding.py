import functools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, make_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import annotated_types
import attrs
import msgspec
import pydantic
import pytest
from testkit import call

from armillary.asgi_types import EndpointError
from armillary.binding import (
    BindingError,
    Body,
    Cookie,
    Depends,
    EventStream,
    File,
    Form,
    Header,
    Path,
    Query,
    bind,
)
from armillary.http import JSONResponse, PartStream, Request, Response, ServerSentEvent, UploadFile

pytestmark = pytest.mark.anyio


class Star(msgspec.Struct):
    name: Annotated[str, msgspec.Meta(min_length=1)]
    magnitude: float = 0.0


class SecretStar(Star):
    secret: str = "hidden"


class Planet(pydantic.BaseModel):
    name: str
    moons: int = 0


@dataclass
class Comet:
    name: str
    period: float | None = None


@attrs.define
class Moon:
    name: str


class Ring(TypedDict):
    name: str


class Unit(Enum):
    SI = "si"
    CGS = "cgs"


class TestText:
    async def test_the_path_is_read_by_name_and_scalars_from_the_query(self, send: Any) -> None:
        async def show(number: int, units: Literal["si", "cgs"] = "si", wide: bool = False) -> list[Any]:
            return [number, units, wide]

        app = bind(show, path=["number"])
        assert (await send(app, "units=cgs&wide=on", path={"number": 7})).json == [7, "cgs", True]
        assert (await send(app, path={"number": "8"})).json == [8, "si", False]

    async def test_all_wrong_values_are_reported_at_once_as_problem_details(self, send: Any) -> None:
        async def show(number: int, limit: Annotated[int, Query(ge=1)], tag: list[int]) -> None: ...

        sent = await send(bind(show, path=["number"]), "limit=0&tag=1&tag=x", path={"number": "x"})
        assert (sent.status, sent.headers["content-type"]) == (422, "application/problem+json")
        assert sent.json["title"] == "Unprocessable Content"
        assert sent.places == [("path", "/number"), ("query", "/limit"), ("query", "/tag/1")]
        assert [error["kind"] for error in sent.json["errors"]] == ["string"] * 3

    async def test_a_missing_value_says_what_is_expected(self, send: Any) -> None:
        async def show(day: date) -> None: ...

        sent = await send(bind(show))
        assert sent.json["errors"] == [
            {
                "path": "query.day",
                "message": "Missing: expected a date such as 2026-01-31",
                "location": "query",
                "pointer": "/day",
                "kind": "missing",
            }
        ]

    async def test_a_default_that_is_a_list_is_not_shared_between_requests(self, send: Any) -> None:
        async def show(tag: Annotated[list[str], Query()] = []) -> list[str]:  # noqa: B006
            tag.append("more")
            return tag

        app = bind(show)
        assert (await send(app)).json == ["more"]
        assert (await send(app)).json == ["more"]

    async def test_headers_and_cookies_are_read_where_asked(self, send: Any) -> None:
        async def show(
            user_agent: Annotated[str, Header()],
            theme: Annotated[str | None, Cookie()] = None,
            token: Annotated[list[str], Header(alias="X-Token")] = [],  # noqa: B006
        ) -> list[Any]:
            return [user_agent, theme, token]

        headers = {"user-agent": "probe", "cookie": "theme=dark", "x-token": "a"}
        assert (await send(bind(show), headers=headers)).json == ["probe", "dark", ["a"]]

    @pytest.mark.parametrize(
        ("kind", "text", "value"),
        [
            (str, "x", "x"),
            (int, "-7", -7),
            (float, "1e3", 1000.0),
            (Decimal, "1.50", "1.50"),
            (bool, "no", False),
            (UUID, "12345678-1234-5678-1234-567812345678", "12345678-1234-5678-1234-567812345678"),
            (datetime, "2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            (date, "2026-01-31", "2026-01-31"),
            (Unit, "cgs", "cgs"),
            (int | None, "3", 3),
            (int | str, "x", "x"),
            (int | str, "3", 3),
            (set[int], "3", [3]),
            (tuple[int, ...], "3", [3]),
            (pydantic.AnyUrl, "https://example.com/", "https://example.com/"),
        ],
    )
    async def test_every_scalar_is_read(self, send: Any, kind: Any, text: str, value: Any) -> None:
        async def show(item: Any) -> Any:
            return str(item) if type(item).__module__.startswith("pydantic") else item

        show.__annotations__["item"] = kind
        assert (await send(bind(show), f"item={text}")).json == value

    async def test_a_structured_type_is_spread_over_the_query(self, send: Any) -> None:
        class Filters(msgspec.Struct):
            limit: Annotated[int, msgspec.Meta(ge=1)] = 10
            order: Literal["name", "magnitude"] = "name"
            tags: list[str] = []

        async def show(filters: Annotated[Filters, Query()]) -> Filters:
            return filters

        app = bind(show)
        assert [parameter.alias for parameter in app.signature.parameters] == ["limit", "order", "tags"]
        assert (await send(app, "limit=3&tags=a&tags=b")).json == {"limit": 3, "order": "name", "tags": ["a", "b"]}
        sent = await send(app, "limit=0&order=x")
        assert sent.places == [("query", "/limit"), ("query", "/order")]

    async def test_a_model_is_spread_too(self, send: Any) -> None:
        async def show(planet: Annotated[Planet, Query()]) -> Planet:
            return planet

        assert (await send(bind(show), "name=Mars&moons=2")).json == {"name": "Mars", "moons": 2}
        assert (await send(bind(show))).places == [("query", "/name")]


class TestBodies:
    @pytest.mark.parametrize("kind", [Star, Planet, Comet, Moon, Ring])
    async def test_a_structured_type_is_the_body_and_the_result(self, send: Any, kind: Any) -> None:
        async def add(item: Any) -> Any:
            return item

        add.__annotations__ |= {"item": kind, "return": kind}
        app = bind(add, status_code=201)
        sent = await send(app, data={"name": "Vega"})
        assert sent.status == 201
        assert sent.json["name"] == "Vega"
        wrong = await send(app, data={"name": 1})
        assert wrong.status == 422
        assert wrong.places == [("body", "/name")]

    async def test_every_error_of_a_struct_is_reported(self, send: Any) -> None:
        class Cluster(msgspec.Struct):
            stars: list[Star]
            name: str

        async def add(cluster: Cluster) -> None: ...

        sent = await send(bind(add), data={"stars": [{"name": ""}, {"magnitude": "x"}, 1]})
        assert sent.places == [
            ("body", "/stars/0/name"),
            ("body", "/stars/1/name"),
            ("body", "/stars/1/magnitude"),
            ("body", "/stars/2"),
            ("body", "/name"),
        ]
        assert [error["kind"] for error in sent.json["errors"]] == ["string", "missing", "string", "number", "missing"]

    async def test_after_a_hundred_errors_the_document_says_that_there_are_more(self, send: Any) -> None:
        async def add(numbers: Annotated[list[int], Body()]) -> None: ...

        sent = await send(bind(add), data=["x"] * 150)
        assert (len(sent.json["errors"]), sent.json["more"]) == (100, True)
        assert "more" not in (await send(bind(add), data=["x"] * 100)).json

    @pytest.mark.parametrize(
        ("body", "content_type", "status"),
        [
            (b'{"name": "V', "application/json", 400),
            (b'{"name": NaN}', "application/json", 400),
            (b"[" * 100_000, "application/json", 400),
            (b'"\xff"', "application/json", 400),
            (b"{}", "text/plain", 415),
            (b"{}", "application/json; charset=latin-1", 415),
            (b"{}", "", 415),
            (b"", "application/json", 400),
            (b"", "", 422),
            (b"\xc1", "application/msgpack", 400),
            (b'{"name": "Vega"}', "application/vnd.star+json", 200),
            (b'{"name": "\\ud800"}', "application/json", 200),
            (b'{"name": "a", "name": "b"}', "application/json", 200),
            (msgspec.msgpack.encode({"name": "Vega"}), "application/x-msgpack", 200),
        ],
    )
    @pytest.mark.parametrize("kind", [Star, Planet])
    async def test_a_body_that_cannot_be_used_is_the_client_s_fault(
        self, send: Any, kind: Any, body: bytes, content_type: str, status: int
    ) -> None:
        async def add(item: Any) -> str:
            return str(item.name)

        add.__annotations__["item"] = kind
        headers = {"content-type": content_type} if content_type else {}
        assert (await send(bind(add), method="POST", body=body, headers=headers)).status == status

    async def test_a_body_with_a_default_may_be_left_out(self, send: Any) -> None:
        async def add(star: Star | None = None) -> bool:
            return star is None

        assert (await send(bind(add), method="POST")).json is True
        assert (await send(bind(add), data={"name": "Vega"})).json is False

    async def test_several_bodies_are_members_of_one_object(self, send: Any) -> None:
        async def add(star: Star, planet: Planet, weight: Annotated[int, Body(ge=1)] = 5) -> list[Any]:
            return [star.name, planet.name, weight]

        app = bind(add)
        assert app.signature.body is not None
        assert app.signature.body.embed
        assert [field.alias for field in app.signature.body.fields] == ["star", "planet", "weight"]
        assert (await send(app, data={"star": {"name": "Vega"}, "planet": {"name": "Mars"}})).json == [
            "Vega",
            "Mars",
            5,
        ]
        sent = await send(app, data={"star": {"name": 1}, "weight": 0})
        assert sent.places == [("body", "/star/name"), ("body", "/planet"), ("body", "/weight")]

    async def test_one_body_can_be_embedded(self, send: Any) -> None:
        async def add(star: Annotated[Star, Body(embed=True)]) -> str:
            return star.name

        assert (await send(bind(add), data={"star": {"name": "Vega"}})).json == "Vega"

    async def test_bytes_are_the_body_as_it_is(self, send: Any) -> None:
        async def add(body: bytes) -> int:
            return len(body)

        assert (await send(bind(add), method="POST", body=b"12345")).json == 5

    async def test_fields_of_a_form(self, send: Any) -> None:
        async def login(name: Annotated[str, Form()], age: Annotated[int, Form(ge=1)] = 3) -> list[Any]:
            return [name, age]

        app = bind(login)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        assert (await send(app, method="POST", headers=kind, body=b"name=Ada&age=")).json == ["Ada", 3]
        sent = await send(app, method="POST", headers=kind, body=b"age=0")
        assert sent.places == [("form", "/name"), ("form", "/age")]
        assert (await send(app, data={"name": "Ada"})).status == 415

    async def test_a_structured_form_and_files(self, send: Any) -> None:
        class Profile(msgspec.Struct):
            name: str
            age: int = 0

        async def add(
            profile: Annotated[Profile, Form()],
            photo: UploadFile,
            thumbnail: Annotated[bytes, File()],
            more: list[UploadFile] = [],  # noqa: B006
        ) -> list[Any]:
            return [profile.name, profile.age, photo.filename, len(thumbnail), [item.filename for item in more]]

        boundary = "frontier"

        def part(name: str, value: str, filename: str = "") -> str:
            extra = f'; filename="{filename}"' if filename else ""
            return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n'

        body = part("name", "Ada") + part("photo", "x", "a.png") + part("thumbnail", "123", "b.png")
        body += part("more", "y", "c.png") + part("more", "z", "d.png") + f"--{boundary}--\r\n"
        kind = {"content-type": f"multipart/form-data; boundary={boundary}"}
        app = bind(add)
        sent = await send(app, method="POST", headers=kind, body=body.encode())
        assert sent.json == ["Ada", 0, "a.png", 3, ["c.png", "d.png"]]
        text = part("name", "Ada") + part("photo", "no file") + f"--{boundary}--\r\n"
        sent = await send(app, method="POST", headers=kind, body=text.encode())
        assert sent.places == [("form", "/photo"), ("form", "/thumbnail")]

    async def test_a_part_stream_is_read_by_the_function(self, send: Any) -> None:
        async def add(parts: PartStream) -> list[Any]:
            return [part.name async for part in parts]

        body = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'
        kind = {"content-type": "multipart/form-data; boundary=b"}
        assert (await send(bind(add), method="POST", headers=kind, body=body)).json == ["x"]
        assert (await send(bind(add), data={})).status == 415


class TestConstraints:
    @pytest.mark.parametrize(
        "annotation",
        [
            Annotated[int, msgspec.Meta(ge=1)],
            Annotated[int, annotated_types.Ge(1)],
            Annotated[int, pydantic.Field(ge=1)],
            Annotated[int, annotated_types.Interval(ge=1, le=9)],
        ],
    )
    async def test_those_of_each_library_are_honoured_wherever_they_are(self, send: Any, annotation: Any) -> None:
        async def show(number: Any, numbers: Any) -> None: ...

        show.__annotations__ |= {"number": annotation, "numbers": Annotated[dict[str, list[annotation]], Body()]}
        sent = await send(bind(show), "number=0", data={"a": [1, 0]})
        assert sent.places == [("query", "/number"), ("body", "/a/1")]

    def test_one_that_nobody_would_check_is_an_error(self) -> None:
        class Wrong(msgspec.Struct):
            number: Annotated[int, pydantic.Field(strict=True)]

        async def show(item: Wrong) -> None: ...

        with pytest.raises(BindingError, match=r"strict=True of .*Wrong.number is pydantic's alone"):
            bind(show)

    @pytest.mark.parametrize("item", [annotated_types.Ge(1), pydantic.Field(ge=1)])
    async def test_one_on_a_field_is_honoured_whatever_the_class(self, send: Any, item: Any) -> None:
        number = Annotated[int, item]

        async def show(item: Any) -> None: ...

        for kind in (msgspec.defstruct("Item", [("number", number)]), make_dataclass("Item", [("number", number)])):
            show.__annotations__["item"] = kind
            assert (await send(bind(show), data={"number": 0})).places == [("body", "/number")]
            assert (await send(bind(show), data={"number": 1})).status == 204

    def test_a_type_that_mixes_the_libraries_is_an_error(self) -> None:
        async def show(item: dict[str, Star | Planet]) -> None: ...

        with pytest.raises(BindingError, match="mixes msgspec and pydantic"):
            bind(show)


class TestResults:
    async def test_what_a_subclass_adds_does_not_leave(self, send: Any) -> None:
        class Pair(msgspec.Struct):
            stars: dict[str, list[Star]]

        async def one() -> Star:
            return SecretStar("Vega")

        async def many() -> list[Star]:
            return [Star("Altair"), SecretStar("Vega")]

        async def nested() -> Pair:
            return Pair({"a": [SecretStar("Vega")]})

        async def optional() -> Star | None:
            return SecretStar("Vega")

        async def planet() -> Planet:
            class Secret(Planet):
                secret: int = 1

            return Secret(name="Mars")

        async def ring() -> Ring:
            return {"name": "C", "secret": 1}  # type: ignore[typeddict-unknown-key]

        for function in (one, many, nested, optional, planet, ring):
            assert b"secret" not in (await send(bind(function))).body

    async def test_an_object_with_the_attributes_and_a_dict_are_converted(self, send: Any) -> None:
        class Row:
            name = "Vega"
            magnitude = 1
            secret = 1

        async def row() -> Star:
            return Row()  # type: ignore[return-value]

        async def mapping() -> Planet:
            return {"name": "Mars", "moons": 2, "secret": 1}  # type: ignore[return-value]

        assert (await send(bind(row))).json == {"name": "Vega", "magnitude": 1.0}
        assert (await send(bind(mapping))).json == {"name": "Mars", "moons": 2}

    async def test_a_result_that_is_not_of_the_declared_type_is_an_error_naming_the_function(self, send: Any) -> None:
        async def wrong() -> Star:
            return {"name": 1}  # type: ignore[return-value]

        with pytest.raises(TypeError, match=r"wrong \(.*test_binding.py.*not of the declared type"):
            await send(bind(wrong))

    async def test_ordinary_values_have_their_usual_form(self, send: Any) -> None:
        async def show() -> dict[str, Any]:
            return {
                "at": datetime(2026, 1, 31, tzinfo=UTC),
                "id": UUID(int=1),
                "price": Decimal("1.50"),
                "unit": Unit.SI,
                "path": PurePosixPath("/a"),
                "tags": {1},
                "star": Star("Vega"),
                "planet": Planet(name="Mars"),
                "comet": Comet("Halley"),
            }

        async def bare():  # type: ignore[no-untyped-def]
            return {"star": Star("Vega")}

        assert (await send(bind(show))).json == {
            "at": "2026-01-31T00:00:00Z",
            "id": str(UUID(int=1)),
            "price": "1.50",
            "unit": "si",
            "path": "/a",
            "tags": [1],
            "star": {"name": "Vega", "magnitude": 0.0},
            "planet": {"name": "Mars", "moons": 0},
            "comet": {"name": "Halley", "period": None},
        }
        assert (await send(bind(bare))).json == {"star": {"name": "Vega", "magnitude": 0.0}}

    async def test_none_is_204_if_it_is_declared_and_an_error_if_nothing_is(self, send: Any) -> None:
        async def nothing() -> None: ...

        async def undeclared(): ...  # type: ignore[no-untyped-def]

        sent = await send(bind(nothing))
        assert (sent.status, sent.body) == (204, b"")
        with pytest.raises(TypeError, match="returned None; return a Response or data, or declare `-> None`"):
            await send(bind(undeclared))

    @pytest.mark.parametrize(
        ("result", "fix"),
        [
            (({"name": "Vega"}, 201), r"JSONResponse\(data, 201\)"),
            ("Vega", "declare `-> str`"),
            (b"Vega", "PlainTextResponse"),
            (map(str, [1]), "declare what it yields"),
            (Star, "return an instance"),
        ],
    )
    async def test_what_is_no_data_unless_it_is_declared_is_an_error_as_of_a_plain_function(
        self, result: Any, fix: str, send: Any
    ) -> None:
        async def undeclared():  # type: ignore[no-untyped-def]
            return result

        with pytest.raises(EndpointError, match=fix):
            await send(bind(undeclared))

    async def test_a_tuple_or_text_that_is_declared_is_data(self, send: Any) -> None:
        async def pair() -> tuple[str, int]:
            return "Vega", 1

        assert (await send(bind(pair))).json == ["Vega", 1]

    async def test_a_response_is_sent_as_it_is(self, send: Any) -> None:
        async def show(number: int) -> Star | Response:
            return JSONResponse({"number": number}, 418) if number else Star("Vega")

        assert (await send(bind(show), "number=1")).status == 418
        assert (await send(bind(show), "number=0")).json["name"] == "Vega"

    async def test_messagepack_is_sent_if_the_client_prefers_it(self, send: Any) -> None:
        async def show() -> Star:
            return Star("Vega")

        sent = await send(bind(show), headers={"accept": "application/msgpack, */*;q=0.1"})
        assert sent.headers["content-type"] == "application/msgpack"
        assert sent.headers["vary"] == "accept"
        assert msgspec.msgpack.decode(sent.body) == {"name": "Vega", "magnitude": 0.0}
        assert (await send(bind(show), headers={"accept": "image/png"})).status == 406

    async def test_generators_are_json_lines_or_events_by_annotation(self, send: Any) -> None:
        async def lines() -> AsyncIterator[Star]:
            yield SecretStar("Vega")
            yield Star("Altair")

        def blocking() -> Iterator[int]:
            yield 1

        async def events() -> AsyncIterator[ServerSentEvent]:
            yield ServerSentEvent("hello", id=1)

        async def typed() -> Annotated[AsyncIterator[Star], EventStream()]:
            yield SecretStar("Vega")

        assert (await send(bind(lines))).body.splitlines() == [
            b'{"name":"Vega","magnitude":0.0}',
            b'{"name":"Altair","magnitude":0.0}',
        ]
        assert (await send(bind(blocking))).body == b"1\n"
        assert (await send(bind(events))).body == b"id: 1\ndata: hello\n\n"
        assert (await send(bind(typed))).body == b'data: {"name":"Vega","magnitude":0.0}\n\n'
        assert bind(typed).signature.streams.kind == "sse"  # type: ignore[union-attr]

    async def test_events_and_values_of_a_type_are_one_stream_of_events(self, send: Any) -> None:
        async def mixed() -> AsyncIterator[Star | ServerSentEvent]:
            yield ServerSentEvent("hello", id=1)
            yield SecretStar("Vega")

        assert (await send(bind(mixed))).body == b'id: 1\ndata: hello\n\ndata: {"name":"Vega","magnitude":0.0}\n\n'
        assert bind(mixed).signature.streams.item is Star  # type: ignore[union-attr]

    async def test_a_response_parameter_adds_headers_and_cookies(self, send: Any) -> None:
        async def show(response: Response) -> str:
            response.headers["x-pace"] = "slow"
            response.status_code = 202
            return "ok"

        sent = await send(bind(show))
        assert (sent.status, sent.headers["x-pace"], sent.json) == (202, "slow", "ok")


class TestDependencies:
    async def test_one_is_called_once_for_each_request(self, send: Any) -> None:
        calls: list[int] = []

        def page(number: int = 1) -> int:
            calls.append(number)
            return number

        async def double(page: Annotated[int, Depends(page)]) -> int:
            return page * 2

        async def show(
            page: Annotated[int, Depends(page)],
            double: Annotated[int, Depends(double)],
            fresh: Annotated[int, Depends(page, use_cache=False)],
        ) -> list[int]:
            return [page, double, fresh]

        app = bind(show)
        assert (await send(app, "number=3")).json == [3, 6, 3]
        assert calls == [3, 3]
        assert [parameter.alias for parameter in app.signature.parameters] == ["number"]
        assert (await send(app, "number=x")).status == 422

    async def test_a_class_and_a_callable_object_are_dependencies(self, send: Any) -> None:
        class Paging:
            def __init__(self, limit: int = 5) -> None:
                self.limit = limit

        class Checker:
            async def __call__(self, q: str = "") -> bool:
                return q == "yes"

        async def show(paging: Annotated[Paging, Depends()], checked: Annotated[bool, Depends(Checker())]) -> list[Any]:
            return [paging.limit, checked]

        show.__annotations__ |= {"paging": Annotated[Paging, Depends()], "checked": Annotated[bool, Depends(Checker())]}
        assert (await send(bind(show), "limit=9&q=yes")).json == [9, True]

    @pytest.mark.parametrize("blocking", [True, False])
    @pytest.mark.parametrize("scope", ["request", "function"])
    async def test_a_generator_goes_on_after_the_response_or_before_it(
        self, send: Any, blocking: bool, scope: Any
    ) -> None:
        log: list[str] = []

        async def session() -> AsyncIterator[str]:
            log.append("open")
            yield "session"
            log.append("close")

        def blocking_session() -> Iterator[str]:
            log.append("open")
            yield "session"
            log.append("close")

        class Logged:
            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                log.append("send")
                await Response(b"")(scope, receive, send)

        async def show(value: str) -> Logged:
            log.append(value)
            return Logged()

        used = Depends(blocking_session if blocking else session, scope=scope)
        show.__annotations__ |= {"value": Annotated[str, used], "return": Logged}
        await send(bind(show))
        after = ["send", "close"] if scope == "request" else ["close", "send"]
        assert log == ["open", "session", *after]

    @pytest.mark.parametrize("blocking", [True, False])
    async def test_a_generator_learns_of_an_exception_of_the_endpoint(self, send: Any, blocking: bool) -> None:
        log: list[str] = []

        async def session() -> AsyncIterator[int]:
            try:
                yield 1
            except LookupError:
                log.append("rolled back")
                raise

        def blocking_session() -> Iterator[int]:
            try:
                yield 1
            except LookupError:
                log.append("rolled back")
                raise

        async def show(value: int) -> None:
            raise LookupError

        show.__annotations__["value"] = Annotated[int, Depends(blocking_session if blocking else session)]
        with pytest.raises(LookupError):
            await send(bind(show))
        assert log == ["rolled back"]

    async def test_tests_override_one_on_the_application(self, send: Any) -> None:
        async def user() -> str:
            return "real"

        async def pretend(name: str = "pretended") -> str:
            return name

        async def show(user: Annotated[str, Depends(user)]) -> str:
            return user

        class App:
            dependency_overrides = {user: pretend}

        show.__annotations__["user"] = Annotated[str, Depends(user)]
        app = bind(show)
        assert (await send(app)).json == "real"

        async def inside(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, "app": App()}, receive, send)

        assert (await send(inside, "name=x")).json == "x"
        App.dependency_overrides = {}
        assert (await send(inside)).json == "real"

    async def test_those_of_a_route_are_called_for_their_effect(self, send: Any) -> None:
        async def check(key: Annotated[str, Header()]) -> None: ...

        async def show() -> str:
            return "ok"

        app = bind(show, dependencies=[Depends(check)])
        assert (await send(app)).status == 422
        assert (await send(app, headers={"key": "x"})).json == "ok"


class TestMistakes:
    @pytest.mark.parametrize(
        ("annotations", "path", "message"),
        [
            ({}, [], "nothing fills its parameter 'item': annotate it"),
            ({}, ["item"], "its parameter 'item' is in the path: annotate it"),
            ({"item": int}, ["other"], "nothing takes the path parameter 'other'"),
            ({"item": Annotated[int, Path()]}, [], "is from the path, which has no 'item'"),
            ({"item": "Missing"}, [], "an annotation does not resolve"),
            ({"item": object}, [], "neither in the path nor a type"),
            ({"item": Iterator}, [], r"for a dependency write Annotated\[..., Depends"),
            ({"item": Annotated[int, Query(), Header()]}, [], "names more than one source"),
            ({"item": Annotated[dict[str, dict[str, int]], Query()]}, [], "cannot be read from the query"),
            ({"item": Annotated[str, Query(ge=1)]}, [], "cannot be"),
        ],
    )
    def test_a_parameter_that_cannot_be_filled_is_an_error(
        self, annotations: dict[str, Any], path: list[str], message: str
    ) -> None:
        async def show(item): ...  # type: ignore[no-untyped-def]

        show.__annotations__ |= annotations
        with pytest.raises(BindingError, match=message) as caught:
            bind(show, path=path)
        assert "test_binding.py line " in str(caught.value)

    def test_a_default_on_a_path_parameter_is_an_error(self) -> None:
        async def show(item: int = 1) -> None: ...

        with pytest.raises(BindingError, match="its default is never used"):
            bind(show, path=["item"])

    @pytest.mark.parametrize("status", [204, 304])
    def test_a_result_that_its_status_would_drop_is_an_error(self, status: int) -> None:
        async def show() -> dict[str, int]: ...  # type: ignore[empty-body]

        async def remove() -> None: ...

        async def choose() -> Response: ...  # type: ignore[empty-body]

        with pytest.raises(BindingError, match=f"status {status} has no content: annotate it `-> None`"):
            bind(show, status_code=status)
        for allowed in (remove, choose):
            bind(allowed, status_code=status)

    def test_a_marker_as_a_default_is_an_error_that_shows_how_to_write_it(self) -> None:
        async def show(item: int = Query(ge=1)) -> None: ...  # type: ignore[assignment]

        with pytest.raises(BindingError, match=r"`item: Annotated\[..., Query\(...\)\]`"):
            bind(show)

    def test_bodies_that_exclude_each_other_are_an_error(self) -> None:
        async def show(star: Star, field: Annotated[str, Form()]) -> None: ...

        with pytest.raises(BindingError, match="the body cannot be all of 'star', 'field'"):
            bind(show)

    def test_starred_parameters_are_an_error(self) -> None:
        async def show(**rest: int) -> None: ...

        with pytest.raises(BindingError, match=r"nothing fills \*rest"):
            bind(show)

    async def test_a_partial_and_positional_only_parameters_are_bound(self, send: Any) -> None:
        async def add(a: int, b: int) -> int:
            return a + b

        async def negate(number: int, /) -> int:
            return -number

        assert (await send(bind(functools.partial(add, b=2)), "a=1&b=9")).json == 3
        assert (await send(bind(negate), "number=1")).json == -1

    async def test_a_function_that_is_not_async_runs_in_a_thread(self, send: Any) -> None:
        import threading

        def show(request: Request) -> bool:
            return threading.current_thread() is threading.main_thread()

        assert (await send(bind(show))).json is False


async def test_of_many_accept_lines_so_much_is_read_as_of_any_list() -> None:
    async def show() -> dict[str, int]:
        return {"a": 1}

    lines = [(b"accept", b"text/csv")] * 10_000
    last = (b"accept", b"application/json")
    assert (await call(bind(show), headers=[*lines[:100], last])).status == 200
    assert (await call(bind(show), headers=[*lines, last])).status == 406


@pytest.mark.parametrize(("size", "in_thread"), [(100, False), (1_100_000, True)])
async def test_a_large_body_is_read_in_a_thread(size: int, in_thread: bool) -> None:
    import threading

    threads: list[int] = []

    @dataclass
    class Star:
        name: str

        def __post_init__(self) -> None:
            threads.append(threading.get_ident())

    async def create(star: Star) -> int:
        return len(star.name)

    headers = [(b"content-type", b"application/json")]
    response = await call(bind(create), method="POST", body=b'{"name": "%s"}' % (b"x" * size), headers=headers)
    assert (response.status, response.body) == (200, b"%d" % size)
    assert [thread != threading.get_ident() for thread in threads] == [in_thread]
