"""Every kind of scalar with every kind of bad text, from each part of a request: a value or a 422 that says where."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from testkit import call

from armillary.binding import Cookie, Form, Header, Path, Query, bind

pytestmark = pytest.mark.anyio


class Color(Enum):
    RED = "red"
    NONE = ""


class Level(IntEnum):
    LOW = 1
    HIGH = 2


NUMBER = "12345678-1234-5678-1234-567812345678"
LONG = "9" * 10_000
ODD_TEXTS = (
    "",
    "zzz",
    "-1",
    "1",
    "1.0",
    "on",
    "nan",
    "NaN",
    "sNaN",
    "inf",
    "-Infinity",
    "1e5",
    "1e999",
    "-1e999",
    "1e9999",
    "\u0661\u0662",  # digits of another script
    "\u00b2",
    "1_0",
    "+1",
    "0x10",
    "\0",
    "\U0001f600",
    LONG,
    "x" * 10_000,
    f"P{LONG}D",
    "P99999999999D",
    "2026-01-31",
    "2026-01-31T12:00:00Z",
    "20260131",
    "2026-W05-6",
    "20260131T120000",
    "01",
    "0100",
    "12:00:00.5+01:00",
    "2026-01-31 12:00",
    "2026-01-31T12:00:00+0000",
    "2026-01-31 12:00:00+00",
    "0000-01-01T00:00:00",
    "2026-02-30",
    "12:00",
    "25:00",
    "PT1H",
    NUMBER,
    f"{NUMBER}0",
    "red",
    "RED",
)
LONE_SURROGATE = b"\xed\xa0\x80"

TEXT_OF_ANY = {text: text for text in ODD_TEXTS}
WHOLE = {"1": 1, "-1": -1, "+1": 1, "01": 1, "0100": 100, "20260131": 20260131}
VALID: dict[Any, dict[str, Any]] = {
    str: TEXT_OF_ANY,
    Any: TEXT_OF_ANY,
    int: WHOLE,
    float: {**WHOLE, "1.0": 1.0, "1e5": 1e5},
    Decimal: {
        **WHOLE,
        "1.0": Decimal("1.0"),
        "1e5": Decimal("1e5"),
        "1e999": Decimal("1e999"),
        "-1e999": -Decimal("1e999"),
    },
    bool: {"1": True, "on": True},
    UUID: {NUMBER: UUID(NUMBER)},
    datetime: {
        "2026-01-31": datetime(2026, 1, 31),
        "2026-01-31T12:00:00Z": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "2026-01-31 12:00": datetime(2026, 1, 31, 12),
        "2026-01-31T12:00:00+0000": datetime(2026, 1, 31, 12, tzinfo=UTC),
        "2026-01-31 12:00:00+00": datetime(2026, 1, 31, 12, tzinfo=UTC),
    },
    date: {"2026-01-31": date(2026, 1, 31)},
    time: {"12:00": time(12), "12:00:00.5+01:00": time(12, 0, 0, 500_000, timezone(timedelta(hours=1)))},
    timedelta: {"PT1H": timedelta(hours=1)},
    Color: {"red": Color.RED, "": Color.NONE},
    Level: {"1": Level.LOW},
    Literal["red", 1, ""]: {"red": "red", "1": 1, "": ""},
    int | str: {**TEXT_OF_ANY, **WHOLE},
    list[int]: {text: [value] for text, value in WHOLE.items()},
    Annotated[int, msgspec.Meta(ge=0, le=9)]: {"1": 1, "+1": 1, "01": 1},
    Annotated[str, msgspec.Meta(max_length=3)]: {text: text for text in ODD_TEXTS if len(text) <= 3},
}
SOURCES = {"path": Path, "query": Query, "header": Header, "cookie": Cookie, "form": Form}


async def send(app: Any, source: str, sent: bytes | None) -> tuple[int, Any]:
    """Send one value as it comes from a server; return the status and the document."""
    encoded = b"" if sent is None else b"item=" + quote(sent, safe="").encode()
    scope: dict[str, Any] = {"headers": [], "path_params": {}}
    body = b""
    if source == "form":
        scope["headers"], body = [(b"content-type", b"application/x-www-form-urlencoded")], encoded
    elif source == "query":
        scope["query_string"] = encoded
    elif sent is not None and source == "path":
        scope["path_params"] = {"item": sent.decode("utf-8", "replace")}
    elif sent is not None:
        scope["headers"] = [(b"item", sent)] if source == "header" else [(b"cookie", b"item=" + sent)]
    response = await call(app, "/", method="POST", body=body, **scope)
    return response.status, json.loads(response.body) if response.status != 204 else None


def is_problem(document: Any, source: str, place: str = "/item") -> bool:
    error = document["errors"][0]
    return (
        (document["title"], document["status"]) == ("Unprocessable Content", 422)
        and [error["location"], error["pointer"]] == [source, place]
        and error["kind"] in ("string", "missing")
        and len(json.dumps(document)) < 1_000
    )


@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # 3,000 requests, of which the event loop decides nothing
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("kind", VALID, ids=lambda kind: getattr(kind, "__name__", repr(kind)))
async def test_a_text_is_a_value_of_its_kind_or_a_422_that_says_where(source: str, kind: Any) -> None:
    if source == "path" and kind == list[int]:
        return
    taken: list[Any] = []

    async def take(item: Any) -> None:
        taken.append(item)

    take.__annotations__["item"] = Annotated[kind, SOURCES[source]()]
    app = bind(take, path=["item"] if source == "path" else [])
    for text in ODD_TEXTS:
        if source in ("header", "cookie") and ("\0" in text or not text.isascii()):
            continue  # a header has neither
        taken.clear()
        status, document = await send(app, source, text.encode())
        if text in VALID[kind]:
            assert (status, taken) == (204, [VALID[kind][text]]), text[:40]
            assert type(taken[0]) is type(VALID[kind][text]) or kind in (float, Decimal)
        else:
            place = "/item/0" if kind == list[int] and (text or source != "form") else "/item"
            assert status == 422, text[:40]
            assert is_problem(document, source, place), (text[:40], document)
    if source != "path":
        status, document = await send(app, source, None)
        assert status == 422
        assert document["errors"][0]["kind"] == "missing"


@pytest.mark.parametrize("source", SOURCES)
async def test_bytes_that_are_no_text_do_not_reach_the_function_as_half_a_surrogate(source: str) -> None:
    async def show(item: str) -> str:
        return item

    show.__annotations__["item"] = Annotated[str, SOURCES[source]()]
    app = bind(show, path=["item"] if source == "path" else [])
    status, value = await send(app, source, LONE_SURROGATE)
    assert status == 200
    assert value == (LONE_SURROGATE.decode("latin-1") if source in ("header", "cookie") else "\ufffd" * 3)


@pytest.mark.parametrize("source", ["query", "header", "form"])
async def test_of_a_value_sent_twice_the_last_counts_and_a_list_takes_both(source: str) -> None:
    async def show(item: int, more: list[int]) -> list[Any]:
        return [item, more]

    marker = SOURCES[source]
    show.__annotations__ |= {"item": Annotated[int, marker()], "more": Annotated[list[int], marker(alias="item")]}
    app = bind(show)
    pairs = [(b"item", b"1"), (b"item", b"2")]
    encoded = b"&".join(name + b"=" + value for name, value in pairs)
    scope: dict[str, Any] = {
        "query": {"query_string": encoded},
        "header": {"headers": pairs},
        "form": {"headers": [(b"content-type", b"application/x-www-form-urlencoded")], "body": encoded},
    }[source]
    assert json.loads((await call(app, "/", method="POST", **scope)).body) == [2, [1, 2]]


@pytest.mark.parametrize(
    ("kind", "sent", "taken"),
    [
        (bool, "on", True),  # what a check box without a value sends
        (list[str], "a&item=&item=b", ["a", "", "b"]),  # columns of a form stay side by side
        (list[int], "1&item=&item=2", [1, 2]),  # an empty number is one that was not filled in
        (int | None, "", None),
        (Any, "", ""),
    ],
)
async def test_what_a_browser_sends_of_a_form_is_understood(kind: Any, sent: str, taken: Any) -> None:
    async def show(item: Any = None) -> Any:
        return item

    show.__annotations__["item"] = Annotated[kind, Form()]
    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    response = await call(bind(show), "/", method="POST", headers=headers, body=f"item={sent}".encode())
    assert json.loads(response.body) == taken


async def test_a_check_box_that_is_not_ticked_is_the_default() -> None:
    async def show(agreed: Annotated[bool, Form()] = False) -> bool:
        return agreed

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    assert (await call(bind(show), "/", method="POST", headers=headers, body=b"")).body == b"false"
