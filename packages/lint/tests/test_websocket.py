"""WebSocket messages, in every order and of every type that the specification rules out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from armillary.asgi_types import Message
from armillary.lint import LintError

CONNECT: Message = {"type": "websocket.connect"}
ACCEPT: Message = {"type": "websocket.accept"}
CLOSE: Message = {"type": "websocket.close"}
DISCONNECT: Message = {"type": "websocket.disconnect", "code": 1001}
REJECTION_START: Message = {
    "type": "websocket.http.response.start",
    "status": 401,
    "headers": [(b"content-length", b"2")],
}
REJECTION_BODY: Message = {"type": "websocket.http.response.body", "body": b"no"}


def text(value: Any, **more: Any) -> Message:
    return {"type": "websocket.send", "text": value, **more}


def test_a_whole_connection_passes(drive: SimpleNamespace) -> None:
    messages = (ACCEPT, text("a"), {"type": "websocket.send", "bytes": b"a", "text": None}, CLOSE)
    assert drive.app(drive.websocket_scope(), messages, (CONNECT,)) == list(messages)


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ((), "returned without accepting or rejecting the handshake; send websocket.accept or websocket.close"),
        ((text("a"),), "websocket /, sent websocket.send: the handshake is not accepted"),
        ((ACCEPT, ACCEPT), "the handshake was already accepted"),
        ((CLOSE, text("a")), "already closed or rejected"),
        ((CLOSE, CLOSE), "already closed or rejected"),
        ((ACCEPT, text(None)), "neither 'text' nor 'bytes' is set"),
        ((ACCEPT, text("a", bytes=b"a")), "both 'text' and 'bytes' are set"),
        ((ACCEPT, text(b"a")), "'text' is bytes"),
        ((ACCEPT, {"type": "websocket.send", "bytes": "a"}), "'bytes' is str"),
        (({**ACCEPT, "subprotocol": "other"},), "did not offer the subprotocol 'other'; it offered 'chat'"),
        (({**ACCEPT, "subprotocol": b"chat"},), "'subprotocol' is bytes"),
        (({**ACCEPT, "headers": [(b"Set-Cookie", b"a")]},), "upper-case"),
        (({**ACCEPT, "headers": [(b"sec-websocket-protocol", b"chat")]},), "use the key 'subprotocol'"),
        ((ACCEPT, {**CLOSE, "code": 1006}), "the close code is 1006"),
        ((ACCEPT, {**CLOSE, "code": 200}), "the close code is 200"),
        ((ACCEPT, {**CLOSE, "code": "1000"}), "'code' is str"),
        ((ACCEPT, {**CLOSE, "reason": b"bye"}), "'reason' is bytes"),
        ((ACCEPT, {**CLOSE, "reason": "é" * 62}), "the reason has 124 bytes; keep it to 123"),
        ((REJECTION_START, REJECTION_BODY), "did not offer this extension"),
        (({"type": "http.response.start", "status": 200},), "a websocket scope sends no such message"),
    ],
)
def test_a_broken_connection_is_named(drive: SimpleNamespace, messages: tuple[Message, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.app(drive.websocket_scope(), messages, (CONNECT,))


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ((REJECTION_START,), "returned before the end of the denial response"),
        ((REJECTION_BODY,), "the denial response was not started"),
        ((ACCEPT, REJECTION_START), "the handshake was already accepted; close the connection"),
        ((REJECTION_START, CLOSE), "the handshake is being rejected"),
        ((REJECTION_START, REJECTION_BODY, CLOSE), "already closed or rejected"),
        ((REJECTION_START, {**REJECTION_BODY, "body": b"n"}), "ended after 1 bytes"),
        (({**REJECTION_START, "status": 101},), "the status is 101"),
        (({**REJECTION_START, "status": 304}, REJECTION_BODY), "a 304 has a body"),
    ],
)
def test_a_wrong_denial_response_is_named(drive: SimpleNamespace, messages: tuple[Message, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.app(drive.websocket_scope(extensions={"websocket.http.response": {}}), messages, (CONNECT,))


def test_a_denial_response_passes_if_it_is_offered(drive: SimpleNamespace) -> None:
    scope = drive.websocket_scope(extensions={"websocket.http.response": {}})
    assert len(drive.app(scope, (REJECTION_START, REJECTION_BODY), (CONNECT,))) == 2


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 3000, 4999])
def test_codes_of_the_registry_pass(drive: SimpleNamespace, code: int) -> None:
    drive.app(drive.websocket_scope(), (ACCEPT, {**CLOSE, "code": code, "reason": "é" * 61}), (CONNECT,))


@pytest.mark.parametrize(
    ("received", "sentence"),
    [
        ((CONNECT, CONNECT), "already announced"),
        ((CONNECT, {"type": "websocket.receive", "text": "a"}), "the handshake is not accepted"),
        (({"type": "websocket.receive"},), "neither 'text' nor 'bytes' is set"),
        (({"type": "websocket.disconnect", "code": None},), "'code' is None"),
        ((DISCONNECT, {"type": "websocket.receive", "text": "a"}), "not accepted|after websocket.disconnect"),
        (({"type": "http.request"},), "a websocket scope receives no such message"),
    ],
)
def test_a_broken_server_is_named(drive: SimpleNamespace, received: tuple[Message, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.app(drive.websocket_scope(), (), received)


def test_a_handshake_needs_no_response_after_a_disconnect(drive: SimpleNamespace) -> None:
    drive.app(drive.websocket_scope(), (), (CONNECT, DISCONNECT))


def test_sending_after_a_disconnect_passes(drive: SimpleNamespace) -> None:
    drive.app(drive.websocket_scope(), (ACCEPT, text("late")), (CONNECT, DISCONNECT))
