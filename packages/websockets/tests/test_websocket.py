from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from armillary.websockets import (
    MalformedMessage,
    UnexpectedMessage,
    WebSocket,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
)


def application(handler: Any, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await handler(WebSocket(scope, receive, send, **options))

    return app


def test_a_scope_of_another_type_is_rejected() -> None:
    with pytest.raises(TypeError, match="'websocket', got 'http'"):
        WebSocket({"type": "http"}, None, None)  # type: ignore[arg-type]


@pytest.mark.anyio
async def test_the_request_is_there_to_read(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        seen.extend([websocket.url.path, websocket.query_params["a"], websocket.cookies["c"], websocket["type"]])
        await websocket.close()

    headers = [(b"host", b"testserver"), (b"cookie", b"c=d")]
    await peer(application(handler), path="/x", raw_path=b"/x", query_string=b"a=b", headers=headers).run()
    assert seen == ["/x", "b", "d", "websocket"]


@pytest.mark.anyio
async def test_text_bytes_and_json_go_both_ways(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.send_bytes(await websocket.receive_bytes())
        await websocket.send_json(await websocket.receive_json())
        await websocket.send_json(await websocket.receive_json(mode="binary"), mode="binary")
        await websocket.close()

    connection = peer(application(handler)).text("α").bytes(b"\x00").text('{"a": [1]}').bytes('"é"'.encode())
    await connection.run()
    assert [message.get("text", message.get("bytes")) for message in connection.sent[1:-1]] == [
        "α",
        b"\x00",
        '{"a":[1]}',
        '"é"'.encode(),
    ]


@pytest.mark.anyio
async def test_states_follow_the_connection(peer: Any) -> None:
    states: list[tuple[str, str]] = []

    async def handler(websocket: WebSocket) -> None:
        def record_states() -> None:
            states.append((websocket.client_state.name, websocket.application_state.name))

        record_states()
        await websocket.receive()
        record_states()
        await websocket.accept()
        record_states()
        with pytest.raises(WebSocketDisconnect):
            await websocket.receive_text()
        record_states()
        await websocket.close()
        record_states()

    await peer(application(handler)).disconnect().run()
    assert states == [
        ("CONNECTING", "CONNECTING"),
        ("CONNECTED", "CONNECTING"),
        ("CONNECTED", "CONNECTED"),
        ("DISCONNECTED", "CONNECTED"),
        ("DISCONNECTED", "DISCONNECTED"),
    ]


@pytest.mark.anyio
async def test_iteration_by_kind_ends_with_the_connection(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            seen.append(text)
            if text == "next":
                break
        async for data in websocket.iter_bytes():
            seen.append(data)
            break
        async for value in websocket.iter_json():
            seen.append(value)
            break
        async for message in websocket:
            seen.append(message)

    connection = peer(application(handler)).text("a", "next").bytes(b"b").text("{}").text("c").bytes(b"d").disconnect()
    await connection.run()
    assert seen == ["a", "next", b"b", {}, "c", b"d"]


@pytest.mark.anyio
async def test_empty_messages_are_messages(peer: Any) -> None:
    seen: list[Any] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        seen.extend([await websocket.receive_text(), await websocket.receive_bytes()])
        seen.extend([await websocket.receive_message(), await websocket.receive_message()])
        await websocket.close()

    await peer(application(handler)).text("").bytes(b"").text("").bytes(b"").run()
    assert seen == ["", b"", "", b""]


@pytest.mark.anyio
async def test_accept_sends_subprotocol_and_lower_case_headers(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept("chat", {"X-Room": "blue"})
        await websocket.close()

    connection = await peer(application(handler), subprotocols=["chat", "superchat"]).run()
    assert connection.sent[0] == {
        "type": "websocket.accept",
        "subprotocol": "chat",
        "headers": [(b"x-room", b"blue")],
    }


# Misuse and bad input


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["receive_text", "receive_bytes", "receive_json", "receive_message"])
async def test_receiving_before_accept_says_what_to_do(peer: Any, method: str) -> None:
    async def handler(websocket: WebSocket) -> None:
        with pytest.raises(RuntimeError, match=r"await websocket\.accept\(\) first"):
            await getattr(websocket, method)()
        await websocket.close()

    await peer(application(handler)).run()


@pytest.mark.anyio
async def test_sending_before_accept_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        for send in (websocket.send_text("x"), websocket.send_bytes(b"x"), websocket.send_json(1)):
            with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket\.accept"'):
                await send
        await websocket.close()

    assert (await peer(application(handler)).run()).types == ["close"]


@pytest.mark.anyio
async def test_accepting_twice_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(RuntimeError, match=r"but got 'websocket\.accept'"):
            await websocket.accept()
        await websocket.close()

    assert (await peer(application(handler)).run()).types == ["accept", "close"]


@pytest.mark.anyio
async def test_closing_twice_and_sending_after_closing_are_one_kind_of_error(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()
        for late in (websocket.close(), websocket.send_text("x"), websocket.receive_text()):
            with pytest.raises(WebSocketDisconnected) as caught:
                await late
            assert isinstance(caught.value, WebSocketDisconnect)
            assert isinstance(caught.value, RuntimeError)

    assert (await peer(application(handler)).run()).types == ["accept", "close"]


@pytest.mark.anyio
async def test_receiving_after_the_disconnect_raises_its_code(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.receive_text()
        assert (caught.value.code, caught.value.reason) == (4001, "bye")
        with pytest.raises(WebSocketDisconnected) as late:
            await websocket.receive_text()
        assert (late.value.code, late.value.reason) == (4001, "bye")
        with pytest.raises(WebSocketDisconnected):
            await websocket.receive()

    await peer(application(handler)).disconnect(4001, "bye").run()


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [True, False], ids=["server raises OSError", "server is silent"])
async def test_sending_to_a_disconnected_peer_is_the_same_on_every_server(peer: Any, fails: bool) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        assert (await websocket.receive())["type"] == "websocket.disconnect"
        for _ in range(2):
            with pytest.raises(WebSocketDisconnected, match="Cannot send: the WebSocket is closed") as caught:
                await websocket.send_text("x")
            assert caught.value.code == 1001
        await websocket.close()
        with pytest.raises(WebSocketDisconnected):
            await websocket.close()

    connection = peer(application(handler)).disconnect(1001)
    connection.fails_after_disconnect = fails
    assert (await connection.run()).types == ["accept"]


@pytest.mark.anyio
async def test_a_send_that_fails_in_the_server_is_a_disconnect_with_1006(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        connection.disconnected = True
        for send, error in (
            (websocket.send_bytes(b"x"), WebSocketDisconnect),
            (websocket.send_text("x"), WebSocketDisconnected),
        ):
            with pytest.raises(WebSocketDisconnect) as caught:
                await send
            assert (type(caught.value), caught.value.code) == (error, 1006)
        await websocket.close(1006)

    connection = peer(application(handler))
    await connection.run()


@pytest.mark.anyio
async def test_a_peer_that_disconnects_during_the_handshake_is_a_disconnect(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.receive()
        await websocket.receive()
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.accept()
        assert caught.value.code == 1006

    assert (await peer(application(handler)).disconnect(1006).run()).sent == []


@pytest.mark.anyio
async def test_a_disconnect_instead_of_the_connect_is_a_disconnect() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError("sent after the disconnect")

    websocket = WebSocket({"type": "websocket"}, receive, send)
    with pytest.raises(WebSocketDisconnect) as caught:
        await websocket.accept()
    assert caught.value.code == 1005


@pytest.mark.anyio
@pytest.mark.parametrize("message", [{"type": "websocket.connect"}, {"type": "http.request"}, {}, {"text": "x"}])
@pytest.mark.parametrize("method", ["receive", "receive_text", "receive_bytes", "receive_message"])
async def test_a_message_out_of_turn_is_named(message: dict[str, Any], method: str) -> None:
    messages = [{"type": "websocket.connect"}, message]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None: ...

    websocket = WebSocket({"type": "websocket"}, receive, send)
    await websocket.accept()
    with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket.receive" or "websocket.disconnect"'):
        await getattr(websocket, method)()


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["websocket.receive", "lifespan.startup", None])
async def test_a_first_message_that_is_no_connect_is_named(kind: str | None) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": kind}

    async def send(message: Any) -> None: ...

    with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket.connect"'):
        await WebSocket({"type": "websocket"}, receive, send).accept()


@pytest.mark.anyio
@pytest.mark.parametrize("message", [{}, {"text": None}, {"bytes": None}, {"text": None, "bytes": None}])
@pytest.mark.parametrize("method", ["receive_text", "receive_bytes", "receive_message"])
async def test_a_message_with_neither_text_nor_bytes_is_the_servers_fault(message: dict[str, Any], method: str) -> None:
    messages = [{"type": "websocket.connect"}, {"type": "websocket.receive", **message}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None: ...

    websocket = WebSocket({"type": "websocket"}, receive, send)
    await websocket.accept()
    with pytest.raises(RuntimeError, match="got neither"):
        await getattr(websocket, method)()


@pytest.mark.anyio
async def test_the_wrong_kind_of_message_closes_with_1003_and_is_a_key_error(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(UnexpectedMessage, match="1003: Expected a text message, got bytes") as caught:
            await websocket.receive_text()
        assert isinstance(caught.value, KeyError)
        with pytest.raises(UnexpectedMessage, match="Expected a bytes message, got text"):
            await websocket.receive_bytes()
        await websocket.close()

    await peer(application(handler)).bytes(b"x").text("x").run()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "text", ["", "{", "[1,]", "nul", "[" * 100_000, '"\ud800', "NaN", "[-Infinity]", "1e999", "[" * 600 + "]" * 600]
)
async def test_malformed_json_is_the_peers_fault(peer: Any, text: str) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(MalformedMessage) as caught:
            await websocket.receive_json()
        assert isinstance(caught.value, ValueError)
        assert caught.value.code == 1007
        await websocket.close()

    await peer(application(handler)).text(text).run()


@pytest.mark.anyio
async def test_binary_json_that_is_not_utf_8_is_the_peers_fault(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        for _ in range(2):
            with pytest.raises(MalformedMessage):
                await websocket.receive_json(mode="binary")
        await websocket.close()

    await peer(application(handler)).bytes(b"\xff\xfe", '"x"'.encode("utf-16")).run()


@pytest.mark.anyio
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_numbers_that_json_lacks_are_not_sent(peer: Any, value: float) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(ValueError):
            await websocket.send_json(value)
        await websocket.close()

    assert (await peer(application(handler)).run()).texts == []


@pytest.mark.anyio
async def test_half_a_surrogate_pair_is_sent_as_the_replacement_character(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json("\ud800 é")
        await websocket.send_json("\udfff", mode="binary")
        await websocket.send_text("\udfff é")
        await websocket.close()

    connection = await peer(application(handler)).run()
    assert connection.sent[1]["text"] == '"\ufffd é"'
    assert connection.sent[2]["bytes"].decode() == '"\ufffd"'
    assert connection.sent[3]["text"] == "\ufffd é"


@pytest.mark.anyio
async def test_an_unknown_mode_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(RuntimeError, match='"text" or "binary", got \'bytes\''):
            await websocket.send_json({}, mode="bytes")
        with pytest.raises(RuntimeError, match="mode"):
            await websocket.receive_json(mode="bytes")
        await websocket.close()

    await peer(application(handler)).run()


@pytest.mark.anyio
async def test_encoders_and_decoders_can_be_replaced(peer: Any) -> None:
    class Spaced(WebSocket):
        def encode_json(self, data: Any) -> str:
            return json.dumps(data, indent=1)

        def decode_json(self, text: str | bytes) -> Any:
            return ["decoded", text]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        websocket = Spaced(scope, receive, send)
        await websocket.accept()
        await websocket.send_json(await websocket.receive_json())
        await websocket.close()

    assert (await peer(app).text("x").run()).texts == ['[\n "decoded",\n "x"\n]']


@pytest.mark.anyio
async def test_overridden_receive_and_send_see_every_message(peer: Any) -> None:
    seen: list[str] = []

    class Seeing(WebSocket):
        async def receive(self) -> Any:
            message = await super().receive()
            seen.append(message["type"])
            return message

        async def send(self, message: Any) -> None:
            seen.append(message["type"])
            await super().send(message)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        websocket = Seeing(scope, receive, send)
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        await websocket.close()

    await peer(app).text("x").run()
    assert [kind.removeprefix("websocket.") for kind in seen] == ["connect", "accept", "receive", "send", "close"]


@pytest.mark.anyio
async def test_a_thousand_interleaved_connections_keep_apart(peer: Any) -> None:
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{websocket.path_params['id']}:{text}")

    app = application(echo)
    connections = [peer(app, path_params={"id": number}) for number in range(1000)]
    async with anyio.create_task_group() as group:
        for connection in connections:
            group.start_soon(connection.run)
        for round_ in range(3):
            for number, connection in enumerate(connections):
                connection.text(f"{number}-{round_}")
            await anyio.lowlevel.checkpoint()
        for connection in connections:
            connection.disconnect()
    for number, connection in enumerate(connections):
        assert connection.texts == [f"{number}:{number}-{round_}" for round_ in range(3)]


def test_exceptions_show_what_happened() -> None:
    assert str(WebSocketDisconnect(1001, "going")) == "(1001, 'going')"
    assert str(WebSocketDisconnect(1001)) == "1001"
    assert repr(WebSocketDisconnect(1001, "going")) == "WebSocketDisconnect(1001, 'going')"
    assert WebSocketDisconnect().reason == ""
    assert [state.value for state in WebSocketState] == [0, 1, 2, 3]
