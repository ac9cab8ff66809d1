"""WebSockets of the drop-in behave as Starlette's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from armillary.starlette._websocket_session import websocket_session
from armillary.starlette.authentication import AuthCredentials, requires
from armillary.starlette.endpoints import WebSocketEndpoint
from armillary.starlette.requests import HTTPConnection
from armillary.starlette.routing import Mount, Route, Router
from armillary.starlette.testclient import TestClient
from armillary.starlette.websockets import WebSocket, WebSocketClose, WebSocketDisconnect, WebSocketDisconnected


def connection(*messages: dict[str, Any], **scope: Any) -> tuple[WebSocket, list[Any]]:
    waiting = [{"type": "websocket.connect"}, *messages]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    return WebSocket({"type": "websocket", **scope}, receive, send), sent


def text(value: str) -> dict[str, Any]:
    return {"type": "websocket.receive", "text": value}


def test_a_websocket_is_a_connection_of_the_drop_in() -> None:
    assert isinstance(connection()[0], HTTPConnection)


@pytest.mark.anyio
async def test_text_from_a_binary_message_is_a_key_error() -> None:
    websocket, _ = connection({"type": "websocket.receive", "bytes": b"x"})
    await websocket.accept()
    with pytest.raises(KeyError) as caught:
        await websocket.receive_text()
    assert type(caught.value) is KeyError  # no WebSocketException, which would close with a code of its own


@pytest.mark.anyio
async def test_a_payload_that_a_server_spells_out_as_none_is_none() -> None:
    websocket, _ = connection({"type": "websocket.receive", "text": None, "bytes": b"x"})
    await websocket.accept()
    assert await websocket.receive_text() is None


DISCONNECT = {"type": "websocket.disconnect", "code": 1001}


@pytest.mark.anyio
async def test_what_is_sent_after_the_peer_has_closed_goes_to_the_server() -> None:
    websocket, sent = connection(DISCONNECT)
    await websocket.accept()
    with pytest.raises(WebSocketDisconnect):
        await websocket.receive_text()
    await websocket.send_text("bye")
    await websocket.close()
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send", "websocket.close"]


@pytest.mark.anyio
async def test_nothing_is_given_to_a_server_whose_send_has_failed() -> None:
    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise OSError("the peer has gone")

    sent: list[str] = []
    websocket = WebSocket({"type": "websocket"}, receive, send)
    await websocket.accept()
    for _ in range(2):
        with pytest.raises(WebSocketDisconnect):
            await websocket.send_text("x")
    assert sent == ["websocket.accept", "websocket.send"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("uses", "sentence"),
    [
        (["receive_text"], 'WebSocket is not connected. Need to call "accept" first.'),
        (["accept", "close", "receive_text"], 'WebSocket is not connected. Need to call "accept" first.'),
        (["accept", "close", "close"], 'Cannot call "send" once a close message has been sent.'),
        (["accept", "receive", "receive"], 'Cannot call "receive" once a disconnect message has been received.'),
    ],
)
async def test_use_after_the_end_has_starlettes_sentence(uses: list[str], sentence: str) -> None:
    websocket, _ = connection(DISCONNECT)
    for use in uses[:-1]:
        await getattr(websocket, use)()
    with pytest.raises(WebSocketDisconnected) as caught:
        await getattr(websocket, uses[-1])()
    assert str(caught.value) == sentence


@pytest.mark.anyio
async def test_a_websocket_without_the_scopes_that_it_needs_is_closed_with_1000() -> None:
    @requires("admin")
    async def endpoint(websocket: WebSocket) -> None:
        raise AssertionError

    websocket, sent = connection(auth=AuthCredentials())
    await endpoint(websocket)
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.anyio
async def test_malformed_json_is_the_decoders_own_error() -> None:
    websocket, _ = connection(text("{"))
    await websocket.accept()
    with pytest.raises(json.JSONDecodeError):
        await websocket.receive_json()


@pytest.mark.anyio
async def test_messages_have_no_limit_and_nan_is_sent() -> None:
    websocket, sent = connection(text("x" * 5_000_000))
    await websocket.accept()
    assert len(await websocket.receive_text()) == 5_000_000
    await websocket.send_json(float("nan"))
    assert sent[-1]["text"] == "NaN"


@pytest.mark.anyio
@pytest.mark.parametrize("reason", ["x" * 200, "two\nlines", [{"loc": ["query"]}]])
async def test_any_code_and_reason_reach_the_server(reason: Any) -> None:
    websocket, sent = connection()
    await websocket.accept()
    await websocket.close(1006, reason)
    assert sent[-1] == {"type": "websocket.close", "code": 1006, "reason": reason}
    WebSocketClose(1006, reason)


@pytest.mark.anyio
async def test_a_subprotocol_need_not_be_offered_but_cannot_break_out_of_its_header() -> None:
    websocket, sent = connection()
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        await websocket.accept("a\r\nb: c")
    await websocket.accept("chat")
    assert [message["subprotocol"] for message in sent] == ["chat"]


@pytest.mark.anyio
async def test_using_a_connection_before_accept_and_after_its_end_is_one_error() -> None:
    websocket, _ = connection({"type": "websocket.disconnect", "code": 1001})
    with pytest.raises(WebSocketDisconnected):
        await websocket.receive_text()
    await websocket.accept()
    with pytest.raises(WebSocketDisconnect):
        await websocket.receive_text()
    with pytest.raises(WebSocketDisconnected):
        await websocket.receive_text()


@pytest.mark.anyio
async def test_a_session_leaves_the_connection_as_its_function_did() -> None:
    websocket, sent = connection()

    async def accept(websocket: WebSocket) -> None:
        await websocket.accept()

    await websocket_session(accept)(websocket.scope, websocket._receive, websocket._send)
    assert [message["type"] for message in sent] == ["websocket.accept"]


@pytest.mark.anyio
async def test_a_session_takes_a_plain_function_that_returns_something_to_await() -> None:
    websocket, sent = connection()
    await websocket_session(lambda websocket: websocket.close())(websocket.scope, websocket._receive, websocket._send)
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.anyio
async def test_an_endpoint_raises_for_bad_data_of_the_peer() -> None:
    class Echo(WebSocketEndpoint):
        encoding = "json"

    websocket, sent = connection(text("{"))
    with pytest.raises(RuntimeError, match=r"Malformed JSON data received\."):
        await Echo(websocket.scope, websocket._receive, websocket._send)
    assert sent[-1] == {"type": "websocket.close", "code": 1003, "reason": ""}


@pytest.mark.anyio
async def test_a_route_of_the_drop_in_takes_requests_alone_whatever_its_endpoint_serves() -> None:
    class OfBothProtocols:
        serves_websockets = True

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise AssertionError("a WebSocket reached it")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    sent: list[Any] = []
    scope = {"type": "websocket", "path": "/", "headers": []}
    await Router([Route("/", OfBothProtocols())])(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.anyio
@pytest.mark.parametrize("app", [Router([]), Router([Mount("/a", routes=[])]), Route("/b", lambda request: None)])
async def test_a_handshake_that_no_route_matches_is_closed_with_1000_whatever_the_server_can_send(app: Any) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is received for a 404")

    scope = {"type": "websocket", "path": "/a", "headers": [], "extensions": {"websocket.http.response": {}}}
    await app(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.parametrize("overrides", [False, True])
def test_methods_replaced_on_an_instance_are_called_by_all_that_are_built_on_them(overrides: bool) -> None:
    called = list[str]()

    class Overriding(WebSocket):
        async def receive(self) -> Any:
            called.append("overridden")
            return await super().receive()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        websocket: Any = (Overriding if overrides else WebSocket)(scope, receive, send)
        kept_receive, kept_send = websocket.receive, websocket.send

        async def recorded_receive() -> Any:
            called.append("receive")
            return await kept_receive()

        async def recorded_send(message: Any) -> None:
            called.append(message["type"])
            await kept_send(message)

        websocket.receive, websocket.send = recorded_receive, recorded_send
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())
        del websocket.receive
        await websocket.receive_text()
        await websocket.close()

    with TestClient(app).websocket_connect("/") as session:
        session.send_text("a")
        assert session.receive_text() == "a"
        session.send_text("b")
        assert session.receive()["type"] == "websocket.close"
    own = ["overridden"] if overrides else []
    received = ["receive", *own]
    assert called == [*received, "websocket.accept", *received, "websocket.send", *own, "websocket.close"]
