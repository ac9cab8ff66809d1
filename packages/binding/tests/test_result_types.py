"""Results whose types are unions with responses or events, and the statuses that results may have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
import pytest
from testkit import call

from armillary.binding import BindingError, bind, bind_websocket
from armillary.http import PlainTextResponse, Response, ServerSentEvent
from armillary.websockets import WebSocket


class Star(msgspec.Struct):
    name: str


EVENTS = {
    "a union": AsyncIterator[Star | ServerSentEvent],
    "an annotated union": AsyncIterator[Annotated[Star | ServerSentEvent, "note"]],
    "annotated members": AsyncIterator[Annotated[Star, "a"] | Annotated[ServerSentEvent, "b"]],
    "an annotated union in an optional one": AsyncIterator[Annotated[Star | ServerSentEvent, "a"] | None],
    "all of it annotated": Annotated[AsyncIterator[Annotated[ServerSentEvent | Star, "a"]], "b"],
}


@pytest.mark.anyio
@pytest.mark.parametrize("annotation", EVENTS.values(), ids=EVENTS)
async def test_a_stream_of_data_and_events_sends_both(annotation: Any) -> None:
    async def watch() -> Any:
        yield Star("Vega")
        yield ServerSentEvent("b", event="end")

    watch.__annotations__["return"] = annotation
    app = bind(watch)
    assert (await call(app)).body == b'data: {"name":"Vega"}\n\nevent: end\ndata: b\n\n'
    assert app.signature.streams is not None
    assert app.signature.streams.kind == "sse"


@pytest.mark.anyio
async def test_a_stream_of_annotated_events_alone_sends_them() -> None:
    async def watch() -> AsyncIterator[Annotated[ServerSentEvent, "note"]]:
        yield ServerSentEvent("b")

    app = bind(watch)
    assert (await call(app)).body == b"data: b\n\n"
    assert app.signature.streams is not None
    assert app.signature.streams.item is ServerSentEvent


RESULTS = {
    "a union": Star | Response,
    "an annotated union": Annotated[Star | Response, "note"],
    "annotated members": Annotated[Star, "a"] | Annotated[Response, "b"],
    "an annotated union in another": Annotated[Star | Response, "a"] | PlainTextResponse,
}


@pytest.mark.anyio
@pytest.mark.parametrize("annotation", RESULTS.values(), ids=RESULTS)
async def test_a_result_that_may_be_a_response_is_data_or_that(annotation: Any) -> None:
    async def show(plain: bool) -> Any:
        return PlainTextResponse("Vega") if plain else Star("Vega")

    show.__annotations__["return"] = annotation
    app = bind(show)
    assert (await call(app, "/?plain=false", query_string=b"plain=false")).body == b'{"name":"Vega"}'
    assert (await call(app, "/?plain=true", query_string=b"plain=true")).body == b"Vega"


@pytest.mark.anyio
async def test_a_result_may_be_a_stream_or_a_response() -> None:
    async def values() -> AsyncIterator[int]:
        yield 1

    async def show(plain: bool) -> AsyncIterator[int] | Response:
        return PlainTextResponse("Vega") if plain else values()

    app = bind(show)
    assert (await call(app, query_string=b"plain=false")).body == b"1\n"
    assert (await call(app, query_string=b"plain=true")).body == b"Vega"


async def number() -> int:
    return 1


async def nothing() -> None: ...


async def undeclared():  # type: ignore[no-untyped-def]
    return {}


@pytest.mark.parametrize("function", [number, nothing, undeclared])
@pytest.mark.parametrize("status", [999, 600, 99, 0, -1, "200", True, 100, 199])
def test_a_status_that_no_response_can_have_is_an_error_at_construction(function: Any, status: Any) -> None:
    with pytest.raises(BindingError, match=rf"{function.__name__} \(.*status"):
        bind(function, status_code=status)


@pytest.mark.parametrize("status", [204, 205, 304])
def test_a_result_needs_a_status_that_has_content(status: int) -> None:
    with pytest.raises(BindingError, match=f"a response of status {status} has no content: annotate it `-> None`"):
        bind(number, status_code=status)
    assert bind(nothing, status_code=status).signature.status_code == status


@pytest.mark.parametrize("status", [200, 201, 299, 404, 599])
def test_a_status_of_responses_is_taken(status: int) -> None:
    assert bind(number, status_code=status).signature.status_code == status


def test_a_websocket_whose_function_declares_a_result_is_an_error() -> None:
    async def count(websocket: WebSocket, number: int) -> int:
        return number

    with pytest.raises(TypeError, match=r"count \(.*nobody gets the int that it returns: send it"):
        bind_websocket(count)  # type: ignore[arg-type, unused-ignore]
