from __future__ import annotations

import json
from typing import Any

import pytest

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.websockets import WebSocket, WebSocketEndpoint, WebSocketLimits


class Recording(WebSocketEndpoint):
    seen: list[Any]

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        self.seen.append(data)
        await websocket.send_text(repr(data))

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        self.seen.append(close_code)


def recording(**attributes: Any) -> type[Recording]:
    return type("Mine", (Recording,), {"seen": [], **attributes})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("encoding", "expected"),
    [(None, ["t", b"b"]), ("text", ["t", 1003]), ("bytes", [1003])],
)
async def test_data_comes_as_the_encoding_says(peer: Any, encoding: str | None, expected: list[Any]) -> None:
    endpoint = recording(encoding=encoding)
    await peer(endpoint).text("t").bytes(b"b").disconnect(1001).run()
    assert endpoint.seen == (expected if expected[-1] == 1003 else [*expected, 1001])


@pytest.mark.anyio
async def test_json_comes_from_text_and_from_bytes(peer: Any) -> None:
    endpoint = recording(encoding="json")
    await peer(endpoint).text('{"a": 1}').bytes(b"[2]").disconnect().run()
    assert endpoint.seen == [{"a": 1}, [2], 1000]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The message is not valid JSON: expecting value at line 1 column 1 (byte 0)."),
        ("{", "The message is not valid JSON: "),
        ("[" * 600 + "]" * 600, "The message is not valid JSON: nested deeper than 512 levels "),
        ("1e999", "The message is not valid JSON: a number of 5 characters is too large "),
    ],
)
async def test_malformed_json_closes_with_1007_and_says_where(peer: Any, text: str, reason: str) -> None:
    endpoint = recording(encoding="json")
    connection = await peer(endpoint).text(text).run()
    code, sent = connection.closed_with
    assert code == 1007
    assert sent.startswith(reason)
    assert endpoint.seen == [1007]


@pytest.mark.anyio
async def test_a_decoder_of_its_own_may_raise_any_value_error(peer: Any) -> None:
    class Loose(WebSocket):
        def decode_json(self, text: str | bytes) -> Any:
            return json.loads(text)

    connection = await peer(recording(encoding="json", websocket_class=Loose)).text("{").run()
    assert connection.closed_with == (1007, "The message is not valid JSON")


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "code"), [(404, 1008), (503, 1011)])
async def test_on_disconnect_gets_the_code_that_an_http_exception_closes_with(
    peer: Any, status: int, code: int
) -> None:
    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        raise HTTPException(status, "sorry")

    endpoint = recording(on_receive=on_receive)
    assert (await peer(endpoint).text("x").run()).closed_with == (code, "sorry")
    assert endpoint.seen == [code]


@pytest.mark.anyio
async def test_the_connection_is_accepted_by_default(peer: Any) -> None:
    assert (await peer(WebSocketEndpoint).text("ignored").disconnect().run()).types == ["accept"]


@pytest.mark.anyio
async def test_on_connect_may_reject(peer: Any) -> None:
    async def on_connect(self: Any, websocket: WebSocket) -> None:
        raise WebSocketException(1008, "no")

    endpoint = recording(on_connect=on_connect)
    assert (await peer(endpoint).run()).types == ["close"]
    assert endpoint.seen == []


@pytest.mark.anyio
@pytest.mark.parametrize("encoding", [None, "text", "json"])
async def test_on_connect_may_close_and_then_nothing_is_received(peer: Any, encoding: str | None) -> None:
    async def on_connect(self: Any, websocket: WebSocket) -> None:
        await websocket.close(1008)

    endpoint = recording(on_connect=on_connect, encoding=encoding)
    assert (await peer(endpoint).run()).closed_with == (1008, "")
    assert endpoint.seen == [1006]


@pytest.mark.anyio
async def test_closing_in_on_receive_is_the_end_even_if_the_server_reports_none(peer: Any) -> None:
    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        await websocket.close(4000, "done")

    endpoint = recording(on_receive=on_receive)
    assert (await peer(endpoint).text("x").run()).closed_with == (4000, "done")
    assert endpoint.seen == [4000]


@pytest.mark.anyio
async def test_a_denial_response_in_on_connect_is_the_end(peer: Any) -> None:
    async def teapot(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea"})

    async def on_connect(self: Any, websocket: WebSocket) -> None:
        await websocket.send_denial_response(teapot)

    endpoint = recording(on_connect=on_connect)
    assert (await peer(endpoint).run()).denial_response == (418, b"tea")
    assert endpoint.seen == [1006]


@pytest.mark.anyio
async def test_an_exception_closes_with_1011_and_is_raised(peer: Any) -> None:
    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        raise LookupError(data)

    endpoint = recording(on_receive=on_receive)
    connection = peer(endpoint).text("x")
    with pytest.raises(LookupError):
        await connection.run()
    assert connection.closed_with == (1011, "")
    assert endpoint.seen == [1011]


@pytest.mark.anyio
async def test_a_peer_that_disconnects_while_it_is_sent_to_is_a_disconnect(peer: Any) -> None:
    async def on_receive(self: Any, websocket: WebSocket, data: Any) -> None:
        connection.disconnected = True
        await websocket.send_text("x")

    endpoint = recording(on_receive=on_receive)
    connection = peer(endpoint).text("x")
    await connection.run()
    assert endpoint.seen == [1006]


@pytest.mark.anyio
async def test_limits_and_class_are_attributes(peer: Any) -> None:
    class Mine(WebSocket):
        pass

    seen: list[type] = []

    async def on_connect(self: Any, websocket: WebSocket) -> None:
        seen.append(type(websocket))
        await websocket.accept()

    endpoint = recording(websocket_class=Mine, limits=WebSocketLimits(max_message_size=3), on_connect=on_connect)
    connection = await peer(endpoint).text("four").run()
    assert connection.closed_with == (1009, "Messages may have at most 3 bytes")
    assert endpoint.seen == [1009]
    assert seen == [Mine]


@pytest.mark.anyio
async def test_an_unknown_encoding_is_named(peer: Any) -> None:
    with pytest.raises(TypeError, match="'text', 'bytes', 'json' or None"):
        await peer(recording(encoding="xml")).text("x").run()


def test_a_scope_of_another_type_is_rejected() -> None:
    with pytest.raises(TypeError, match="'websocket', got 'http'"):
        WebSocketEndpoint({"type": "http"}, None, None)  # type: ignore[arg-type]
