"""JSON in messages: the limits of the decoder, and values of a type."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from armillary.asgi_types import WebSocketException
from armillary.websockets import InvalidMessage, MalformedMessage, WebSocket, websocket_session


@dataclass
class Price:
    name: str
    cents: int


def application(handler: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await handler(WebSocket(scope, receive, send))

    return app


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 513 + "]" * 513, "nested deeper than 512 levels at line 1 column 513 (byte 512)"),
        ("[1e999]", "a number of 5 characters is too large at line 1 column 2 (byte 1)"),
        ("NaN", "NaN is not JSON"),
        ("9" * 5000, "a number of 5000 characters is too large"),
        ("[1 2]", "at line 1 column 4 (byte 3)"),
        ('{"a": 1} x', "extra data at line 1 column 10 (byte 9)"),
    ],
)
async def test_what_json_lacks_is_rejected_with_its_place(peer: Any, text: str, problem: str) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        for mode in ("text", "binary"):
            with pytest.raises(MalformedMessage) as caught:
                await websocket.receive_json(mode)
            assert caught.value.reason.startswith("The message is not valid JSON: ")
            assert problem in caught.value.reason
        await websocket.close()

    await peer(application(handler)).text(text).bytes(text.encode()).run()


@pytest.mark.anyio
async def test_a_value_as_deep_as_allowed_is_decoded(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        value = await websocket.receive_json()
        for _ in range(511):
            (value,) = value
        assert value == []
        await websocket.close()

    await peer(application(handler)).text("[" * 512 + "]" * 512).run()


@pytest.mark.anyio
async def test_values_that_responses_take_are_sent(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json({"price": Price("tea", 250), "day": date(2026, 1, 31), "sizes": {1}})
        await websocket.close()

    done = await peer(application(handler)).run()
    assert json.loads(done.texts[0]) == {
        "price": {"name": "tea", "cents": 250},
        "day": "2026-01-31",
        "sizes": [1],
    }


@pytest.mark.anyio
async def test_a_typed_message_is_an_instance_of_its_type(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        seen.append(await websocket.receive_json(type=Price))
        seen.append(await websocket.receive_json("binary", type=list[int]))
        seen.append(await websocket.receive_json(type=None))
        await websocket.close()

    await peer(application(handler)).text('{"name": "tea", "cents": 250}').bytes(b"[1, 2]").text('{"any": 1}').run()
    assert seen == [Price("tea", 250), [1, 2], {"any": 1}]


@pytest.mark.anyio
async def test_a_message_of_another_type_says_where_and_the_connection_goes_on(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(InvalidMessage) as caught:
            await websocket.receive_json(type=Price)
        assert isinstance(caught.value, ValueError)
        assert isinstance(caught.value, WebSocketException)
        assert [(error["path"], error["message"]) for error in caught.value.errors] == [
            ("$.cents", "Expected `int`, got `str`")
        ]
        with pytest.raises(MalformedMessage):
            await websocket.receive_json(type=Price)
        seen.append(await websocket.receive_json(type=Price))
        await websocket.close()

    messages = ['{"name": "tea", "cents": "250"}', "{", '{"name": "tea", "cents": 250}']
    await peer(application(handler)).text(*messages).run()
    assert seen == [Price("tea", 250)]


@pytest.mark.anyio
async def test_a_message_of_another_type_closes_with_1008_if_nothing_handles_it(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.receive_json(type=Price)

    connection = await peer(websocket_session(handler)).text("[]").run()
    assert connection.closed_with == (1008, "The message is invalid: $: Expected `object`, got `array`")


@pytest.mark.anyio
async def test_typed_iteration_ends_with_the_connection_and_outlives_an_invalid_message(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        prices = websocket.iter_json(type=Price)
        with pytest.raises(InvalidMessage):
            async for price in prices:
                seen.append(price)
        async for price in prices:
            seen.append(price)

    tea, cake = '{"name": "tea", "cents": 250}', '{"name": "cake", "cents": 400}'
    await peer(application(handler)).text(tea, "[]", cake).disconnect().run()
    assert seen == [Price("tea", 250), Price("cake", 400)]
