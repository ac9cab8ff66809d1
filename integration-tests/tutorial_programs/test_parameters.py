"""Programs of path, query, header and cookie parameters, each as a page of FastAPI's tutorial has one."""

from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

import msgspec
import pydantic

from armillary.web import Armillary, Cookie, Header, OpenAPI, Path, Query, TestClient


def test_first_steps() -> None:
    app = Armillary(openapi=OpenAPI(title="Sky"))

    @app.get("/")
    async def root() -> dict[str, str]:
        return {"message": "Clear sky"}

    client = TestClient(app)
    assert client.get("/").json() == {"message": "Clear sky"}
    assert client.get("/openapi.json").json()["info"]["title"] == "Sky"
    assert "swagger" in client.get("/docs").text


def test_a_path_parameter_has_a_type() -> None:
    app = Armillary()

    @app.get("/stars/{number}")
    async def star(number: int) -> dict[str, int]:
        return {"number": number}

    client = TestClient(app)
    assert client.get("/stars/3").json() == {"number": 3}
    assert client.get("/stars/vega").json()["errors"][0]["pointer"] == "/number"


def test_the_first_path_that_matches_counts() -> None:
    app = Armillary()

    @app.get("/observers/me")
    async def me() -> str:
        return "you"

    @app.get("/observers/{name}")
    async def observer(name: str) -> str:
        return name

    client = TestClient(app)
    assert client.get("/observers/me").json() == "you"
    assert client.get("/observers/tycho").json() == "tycho"


def test_a_path_parameter_is_one_of_an_enum() -> None:
    class Telescope(StrEnum):
        HUBBLE = "hubble"
        WEBB = "webb"

    app = Armillary()

    @app.get("/telescopes/{telescope}")
    async def show(telescope: Telescope) -> dict[str, str]:
        return {"telescope": telescope, "band": "infrared" if telescope is Telescope.WEBB else "visible"}

    client = TestClient(app)
    assert client.get("/telescopes/webb").json() == {"telescope": "webb", "band": "infrared"}
    assert "hubble, webb" in client.get("/telescopes/kepler").json()["detail"]


def test_a_path_parameter_holds_a_path() -> None:
    app = Armillary()

    @app.get("/plates/{name:path}")
    async def plate(name: str) -> str:
        return name

    assert TestClient(app).get("/plates/1901/may/7.fits").json() == "1901/may/7.fits"


def test_query_parameters_have_defaults() -> None:
    names = ["Vega", "Deneb", "Altair"]
    app = Armillary()

    @app.get("/stars")
    async def page(skip: int = 0, limit: int = 10) -> list[str]:
        return names[skip : skip + limit]

    client = TestClient(app)
    assert client.get("/stars").json() == names
    assert client.get("/stars?skip=1&limit=1").json() == ["Deneb"]


def test_query_parameters_may_be_absent_required_or_true_in_several_spellings() -> None:
    app = Armillary()

    @app.get("/observers/{observer}/stars/{star}")
    async def show(observer: int, star: str, needle: str, q: str | None = None, short: bool = False) -> list[object]:
        return [observer, star, needle, q, short]

    client = TestClient(app)
    assert client.get("/observers/1/stars/vega?needle=n&short=yes").json() == [1, "vega", "n", None, True]
    assert client.get("/observers/1/stars/vega?needle=n&short=off&q=x").json() == [1, "vega", "n", "x", False]
    assert client.get("/observers/1/stars/vega").json()["errors"][0]["kind"] == "missing"


def test_text_of_the_query_has_a_length_and_a_pattern() -> None:
    app = Armillary()

    @app.get("/stars")
    async def search(
        q: Annotated[str | None, Query(min_length=3, max_length=9, pattern="^[a-z]+$")] = None,
        tag: Annotated[list[str], Query(title="Tags", description="Any of them.")] = ["bright"],  # noqa: B006
        item: Annotated[str | None, Query(alias="item-query", deprecated=True)] = None,
        hidden: Annotated[str | None, Query(include_in_schema=False)] = None,
    ) -> list[object]:
        return [q, tag, item, hidden]

    client = TestClient(app)
    assert client.get("/stars?q=vega&tag=a&tag=b&item-query=1&hidden=2").json() == ["vega", ["a", "b"], "1", "2"]
    assert client.get("/stars").json() == [None, ["bright"], None, None]
    for bad in ("ab", "abcdefghij", "VEGA"):
        assert client.get(f"/stars?q={bad}").status_code == 422
    parameters = OpenAPI(app).document()["paths"]["/stars"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["q", "tag", "item-query"]
    assert parameters[2]["deprecated"] is True


def test_a_validator_of_one_s_own_checks_a_value() -> None:
    def catalogue_id(value: str) -> str:
        if not value.startswith(("hip-", "ngc-")):
            raise ValueError("an id starts with hip- or ngc-")
        return value

    app = Armillary()

    @app.get("/objects")
    async def show(id: Annotated[str, pydantic.AfterValidator(catalogue_id), Query()] = "ngc-224") -> str:
        return id

    client = TestClient(app)
    assert client.get("/objects").json() == "ngc-224"
    assert client.get("/objects?id=hip-91262").json() == "hip-91262"
    wrong = client.get("/objects?id=m31")
    assert (wrong.status_code, "hip- or ngc-" in wrong.json()["detail"]) == (422, True)


def test_numbers_have_bounds() -> None:
    app = Armillary()

    @app.get("/stars/{number}")
    async def show(
        number: Annotated[int, Path(title="The number", ge=1, le=1000)], size: Annotated[float, Query(gt=0, lt=10.5)]
    ) -> list[float]:
        return [number, size]

    client = TestClient(app)
    assert client.get("/stars/1?size=10.4").json() == [1, 10.4]
    assert [error["pointer"] for error in client.get("/stars/0?size=10.5").json()["errors"]] == ["/number", "/size"]


def test_a_model_takes_the_whole_query() -> None:
    class Filters(msgspec.Struct, forbid_unknown_fields=True):
        limit: Annotated[int, msgspec.Meta(gt=0, le=100)] = 100
        order_by: Literal["added", "changed"] = "added"
        tags: list[str] = []

    app = Armillary()

    @app.get("/stars")
    async def page(filters: Annotated[Filters, Query()]) -> Filters:
        return filters

    client = TestClient(app)
    assert client.get("/stars?limit=3&tags=a").json() == {"limit": 3, "order_by": "added", "tags": ["a"]}
    wrong = client.get("/stars?limit=3&tool=plumbus").json()
    assert [(error["location"], error["pointer"]) for error in wrong["errors"]] == [("query", "/tool")]


def test_a_pydantic_model_takes_the_whole_query() -> None:
    class Filters(pydantic.BaseModel, extra="forbid"):
        limit: int = pydantic.Field(100, gt=0, le=100)
        tags: list[str] = []

    app = Armillary()

    @app.get("/stars")
    async def page(filters: Annotated[Filters, Query()]) -> Filters:
        return filters

    client = TestClient(app)
    assert client.get("/stars?limit=3&tags=a").json() == {"limit": 3, "tags": ["a"]}
    assert client.get("/stars?tool=plumbus").json()["errors"][0]["pointer"] == "/tool"


def test_dates_times_and_uuids_are_parameters() -> None:
    app = Armillary()

    @app.put("/visits/{visit}")
    async def read(visit: UUID, start: datetime, after: timedelta, at: time | None = None) -> dict[str, object]:
        return {"visit": visit, "start": start + after, "at": at}

    number = "12345678-1234-5678-1234-567812345678"
    sent = TestClient(app).put(f"/visits/{number}?start=2026-01-31T12:00:00Z&after=PT1H&at=23:59")
    assert sent.json() == {"visit": number, "start": "2026-01-31T13:00:00Z", "at": "23:59:00"}


def test_cookies_and_headers_are_parameters() -> None:
    app = Armillary()

    @app.get("/stars")
    async def page(
        ads_id: Annotated[str | None, Cookie()] = None,
        user_agent: Annotated[str | None, Header()] = None,
        x_token: Annotated[list[str] | None, Header()] = None,
        odd_one: Annotated[str | None, Header(convert_underscores=False)] = None,
    ) -> list[object]:
        return [ads_id, user_agent, x_token, odd_one]

    headers = [("user-agent", "probe"), ("x-token", "a"), ("x-token", "b"), ("cookie", "ads_id=7"), ("odd_one", "1")]
    assert TestClient(app).get("/stars", headers=headers).json() == ["7", "probe", ["a", "b"], "1"]


def test_a_model_takes_the_cookies_and_another_the_headers() -> None:
    class Cookies(msgspec.Struct):
        session_id: str
        tracker: str | None = None

    class SentHeaders(msgspec.Struct, rename="kebab"):
        save_data: bool
        x_tag: list[str] = []

    app = Armillary()

    @app.get("/stars")
    async def page(cookies: Annotated[Cookies, Cookie()], headers: Annotated[SentHeaders, Header()]) -> list[object]:
        return [cookies, headers]

    client = TestClient(app)
    sent = client.get("/stars", headers={"cookie": "session_id=s", "save-data": "true", "x-tag": "a"})
    assert sent.json() == [{"session_id": "s", "tracker": None}, {"save-data": True, "x-tag": ["a"]}]
    assert [error["location"] for error in client.get("/stars").json()["errors"]] == ["header", "cookie"]
