"""The conversions of path and query parameters."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, Optional
from urllib.parse import quote
from uuid import UUID

import msgspec
import pytest
from dishka import Provider, Scope, provide

from armillary.http import HTTPEndpoint, JSONResponse, Request, Response
from armillary.injection import Injection, InjectionError, InjectionMiddleware, inject
from armillary.routing import Route, Router, WebSocketRoute
from armillary.websockets import WebSocket, WebSocketEndpoint

pytestmark = pytest.mark.anyio


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1


IDENTIFIER = "12345678-1234-5678-1234-567812345678"
CONVERSIONS: list[tuple[Any, str, Any]] = [
    (str, "text", "text"),
    (str, "", ""),
    (int, "-7", -7),
    (float, "1.5", 1.5),
    (float, "1e3", 1000.0),
    (Decimal, "1.10", Decimal("1.10")),
    (bool, "true", True),
    (bool, "Off", False),
    (bool, "0", False),
    (UUID, IDENTIFIER, UUID(IDENTIFIER)),
    (datetime, "2026-01-31T12:00:00", datetime(2026, 1, 31, 12)),
    (datetime, "2026-01-31T12:00:00Z", datetime(2026, 1, 31, 12, tzinfo=UTC)),
    (datetime, "2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=2)))),
    (date, "2026-01-31", date(2026, 1, 31)),
    (time, "12:30", time(12, 30)),
    (Colour, "red", Colour.RED),
    (Level, "1", Level.LOW),
    (Literal["up", 2], "2", 2),
    (list[int], "7", [7]),
    (list[Colour], "blue", [Colour.BLUE]),
    (int | None, "7", 7),
    (Optional[UUID], IDENTIFIER, UUID(IDENTIFIER)),  # noqa: UP045
    (list[int] | None, "7", [7]),
    (Annotated[int, "metadata"], "7", 7),
    (Annotated[int, {"unhashable": []}], "7", 7),
    (Annotated[list[Annotated[int, []]], {}], "7", [7]),
    (Annotated[int | None, {}], "7", 7),
    (int | str, "x", "x"),
    (set[int], "7", {7}),
    (timedelta, "PT1M", timedelta(minutes=1)),
]
REJECTIONS: list[tuple[Any, str, str]] = [
    (int, "1.0", "a whole number"),
    (int, "1_000", "a whole number"),
    (int, "9" * 5000, "a whole number"),
    (float, "inf", "a number"),
    (float, "1_0", "a number"),
    (Decimal, "NaN", "a number"),
    (Decimal, "1_0", "a number"),
    (Decimal, "1e999999", "a number"),
    (float, " 1.5", "a number"),
    (Decimal, "1.5 ", "a number"),
    (bool, "2", "true or false"),
    (UUID, "1234", "a UUID"),
    (UUID, "1234_678-1234-5678-1234-567812345678", "a UUID"),
    (UUID, "+2345678-1234-5678-1234-567812345678", "a UUID"),
    (UUID, " 2345678-1234-5678-1234-567812345678", "a UUID"),
    (UUID, "\u06612345678-1234-5678-1234-567812345678", "a UUID"),
    (datetime, "yesterday", "a date and time such as 2026-01-31T12:00:00"),
    (date, "2026-02-30", "a date such as 2026-01-31"),
    (time, "25:00", "a time such as 12:00:00"),
    (Colour, "RED", "one of red, blue"),
    (Level, "2", "one of 1"),
    (Literal["up", 2], "3", "one of up, 2"),
    (list[int], "a", "a whole number"),
    (int | None, "none", "a whole number"),
]


def endpoint_for(annotation: Any, seen: list[Any]) -> Any:
    async def endpoint(value: Any) -> Response:
        seen.append(value)
        return Response()

    endpoint.__annotations__["value"] = annotation
    return inject(endpoint)


async def ask(app: Any, path: str, query: str) -> tuple[int, str]:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": query.encode()}
    await app(scope, None, send)
    return messages[0]["status"], messages[1]["body"].decode()


async def from_path(annotation: Any, text: str) -> tuple[int, str, list[Any]]:
    seen: list[Any] = []
    app = InjectionMiddleware(Router([Route("/at/{value:path}", endpoint_for(annotation, seen))]), Injection())
    return *await ask(app, f"/at/{text}", ""), seen


async def from_query(annotation: Any, text: str) -> tuple[int, str, list[Any]]:
    seen: list[Any] = []
    app = InjectionMiddleware(Router([Route("/", endpoint_for(annotation, seen))]), Injection())
    return *await ask(app, "/", f"value={quote(text)}"), seen


@pytest.mark.parametrize(("annotation", "text", "value"), CONVERSIONS)
@pytest.mark.parametrize("ask_in", [from_path, from_query])
async def test_a_parameter_has_the_type_of_its_annotation(ask_in: Any, annotation: Any, text: str, value: Any) -> None:
    status, _, seen = await ask_in(annotation, text)
    assert status == 200
    assert seen == [value]
    assert type(seen[0]) is type(value)


@pytest.mark.parametrize(("annotation", "text", "expected"), REJECTIONS)
@pytest.mark.parametrize(("ask_in", "place"), [(from_path, "path"), (from_query, "query")])
async def test_an_invalid_value_gets_a_422_with_the_parameter_and_what_was_expected(
    ask_in: Any, place: str, annotation: Any, text: str, expected: str
) -> None:
    status, body, seen = await ask_in(annotation, text)
    assert status == 422
    (error,) = json.loads(body)["errors"]
    pointer = "/value/0" if annotation == list[int] else "/value"
    assert (error["location"], error["pointer"], error["message"]) == (place, pointer, f"Expected {expected}")
    assert seen == []


async def test_a_parameter_left_out_has_its_default_or_is_none_or_is_an_error() -> None:
    @inject
    async def endpoint(a: int | None, b: list[int], c: Colour = Colour.RED, d: Optional[str] = "d") -> Response:  # noqa: UP045
        return JSONResponse([a, b, c.value, d])

    @inject
    async def lists(
        a: list[int] | None,
        b: list[int] | None = None,
        c: list[int] | None = [1],  # noqa: B006
        d: list[int] = [2],  # noqa: B006
    ) -> Response:
        return JSONResponse([a, b, c, d])

    app = InjectionMiddleware(Router([Route("/", endpoint), Route("/lists", lists)]), Injection())
    assert await ask(app, "/", "") == (200, '[null,[],"red","d"]')
    assert await ask(app, "/lists", "") == (200, "[null,null,[1],[2]]")
    assert await ask(app, "/lists", "a=3&a=4&b=5&c=6&d=7") == (200, "[[3,4],[5],[6],[7]]")
    for annotation, expected in ((int, "a whole number"), (UUID, "a UUID"), (Colour, "one of red, blue")):
        app = InjectionMiddleware(Router([Route("/", endpoint_for(annotation, []))]), Injection())
        status, body = await ask(app, "/", "")
        (error,) = json.loads(body)["errors"]
        assert (status, error["message"], error["kind"]) == (422, f"Missing: expected {expected}", "missing")


async def test_a_literal_is_checked_if_the_route_converted_the_text_to_a_number() -> None:
    seen: list[Any] = []
    router = Router([Route("/at/{value:int}", endpoint_for(Literal[1, 2], seen))])
    app = InjectionMiddleware(router, Injection())
    assert (await ask(app, "/at/2", ""))[0] == 200
    status, body = await ask(app, "/at/3", "")
    assert (status, json.loads(body)["errors"][0]["message"]) == (422, "Expected one of 1, 2")
    assert seen == [2]


@pytest.mark.parametrize("annotation", [dict[str, int], tuple[int, str], object, None])
async def test_an_endpoint_with_a_parameter_that_nothing_fills_stops_the_start(annotation: Any) -> None:
    class Page(HTTPEndpoint):
        @inject
        async def get(self, request: Request, value: Any) -> Response:
            return Response()

    endpoint = endpoint_for(annotation, [])
    if annotation is None:
        del endpoint.__wrapped__.__annotations__["value"]
    endpoint.__annotations__.pop("return")  # a WebSocket has none
    for route in (Route("/", endpoint), Route("/", Page), WebSocketRoute("/", endpoint)):
        with pytest.raises(InjectionError, match=r"'value'.*FromDishka"):
            async with Injection().lifespan(Router([route])):
                raise AssertionError("must not start")


async def test_arguments_that_a_caller_passes_are_not_checked_at_start_up() -> None:
    class Chat(WebSocketEndpoint):
        @inject
        async def on_receive(self, websocket: WebSocket, data: Any) -> None: ...

    @inject
    async def endpoint(request: Request, value: Any = None, *rest: Any, **more: Any) -> Response:
        return Response()

    async with Injection().lifespan(Router([WebSocketRoute("/", Chat), Route("/", endpoint)])):
        pass


async def test_a_parameter_of_a_class_is_injected_and_not_read_from_the_request() -> None:
    class Service:
        pass

    class Services(Provider):
        service = provide(Service, scope=Scope.REQUEST)

    seen: list[Any] = []
    app = InjectionMiddleware(Router([Route("/", endpoint_for(Service, seen))]), Injection(Services()))
    assert (await ask(app, "/", "value=7"))[0] == 200
    assert isinstance(seen[0], Service)


async def test_constraints_are_honoured_and_all_wrong_values_reported_at_once() -> None:
    @inject
    async def endpoint(page: Annotated[int, msgspec.Meta(ge=1)], size: int = 10) -> Response:
        return JSONResponse([page, size])

    app = InjectionMiddleware(Router([Route("/", endpoint)]), Injection())
    assert (await ask(app, "/", "page=1"))[0] == 200
    status, body = await ask(app, "/", "page=0&size=x")
    assert (status, [error["pointer"] for error in json.loads(body)["errors"]]) == (422, ["/page", "/size"])
