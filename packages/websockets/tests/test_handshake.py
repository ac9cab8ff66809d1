from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from armillary.exchange import close_reason
from armillary.websockets import WebSocket, WebSocketClose
from armillary.websockets._handshake import check_subprotocol

INJECTIONS = ["a\r\nSet-Cookie: x=y", "a\nb", "a\rb", "a\0b"]


def websocket_that_sends(sent: list[Any], **scope: Any) -> WebSocket:
    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    return WebSocket({"type": "websocket", **scope}, receive, send)


@pytest.mark.anyio
@pytest.mark.parametrize("subprotocol", [*INJECTIONS, "", "a b", "é", "chat, superchat"])
async def test_a_subprotocol_that_is_no_token_is_rejected_before_anything_is_sent(subprotocol: str) -> None:
    sent: list[Any] = []
    with pytest.raises(ValueError, match="subprotocol must be an RFC 9110 token"):
        await websocket_that_sends(sent, subprotocols=[subprotocol]).accept(subprotocol)
    assert sent == []


@pytest.mark.anyio
async def test_a_subprotocol_that_was_not_offered_is_rejected() -> None:
    sent: list[Any] = []
    with pytest.raises(ValueError, match="was not offered by the client"):
        await websocket_that_sends(sent, subprotocols=["superchat"]).accept("chat")
    assert sent == []


@pytest.mark.anyio
@pytest.mark.parametrize("text", INJECTIONS)
async def test_headers_cannot_be_injected_into_the_handshake(text: str) -> None:
    sent: list[Any] = []
    raw = text.encode()
    for headers in ({"x": text}, {text: "x"}, [(b"x", raw)], [(raw, b"x")]):
        with pytest.raises(ValueError):
            await websocket_that_sends(sent).accept(headers=headers)  # type: ignore[arg-type]
    assert sent == []


@pytest.mark.anyio
async def test_the_subprotocol_cannot_be_set_as_a_header() -> None:
    with pytest.raises(ValueError, match="pass the subprotocol"):
        await websocket_that_sends([]).accept(headers=[(b"Sec-WebSocket-Protocol", b"chat")])


@pytest.mark.anyio
@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, -1])
async def test_a_close_code_that_may_not_be_sent_is_rejected(code: int) -> None:
    sent: list[Any] = []
    websocket = websocket_that_sends(sent)
    await websocket.accept()
    with pytest.raises(ValueError, match=f"close code {code} may not be sent"):
        await websocket.close(code)
    with pytest.raises(ValueError):
        WebSocketClose(code)
    await websocket.close()
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.close"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("reason", "sent_as"),
    [
        (None, ""),
        ("x" * 123, "x" * 123),
        ("x" * 124, "x" * 123),
        ("é" * 62, "é" * 61),
        ("x" * 121 + "😀", "x" * 121),
        ("two\r\nlines\0", "two  lines "),
        ("\ud800", "\ufffd"),
    ],
)
async def test_a_close_reason_is_cut_at_a_character_and_keeps_its_code(reason: str | None, sent_as: str) -> None:
    sent: list[Any] = []
    websocket = websocket_that_sends(sent)
    await websocket.accept()
    await websocket.close(4001, reason)
    assert sent[-1] == {"type": "websocket.close", "code": 4001, "reason": sent_as}
    assert len(sent_as.encode()) <= 123


@pytest.mark.anyio
@pytest.mark.parametrize("reason", [b"bye", 7, ["a"], LookupError("x")])
async def test_a_close_reason_that_is_no_text_is_a_type_error(reason: Any) -> None:
    sent: list[Any] = []
    websocket = websocket_that_sends(sent)
    await websocket.accept()
    with pytest.raises(TypeError, match="close reason must be text, got"):
        await websocket.close(1000, reason)
    assert len(sent) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("code", ["1000", None, 1000.0, True])
async def test_a_close_code_that_is_no_number_is_a_type_error(code: Any) -> None:
    websocket = websocket_that_sends([])
    await websocket.accept()
    with pytest.raises(TypeError, match="a close code is a number"):
        await websocket.close(code)


@pytest.mark.parametrize("reason", [*INJECTIONS, "x" * 124, "é" * 62])
def test_a_constant_close_reason_that_does_not_fit_is_rejected_at_construction(reason: str) -> None:
    with pytest.raises(ValueError, match="close reason must be one line of at most 123 bytes"):
        WebSocketClose(1000, reason)


@pytest.mark.anyio
async def test_the_longest_reason_and_the_outermost_codes_pass() -> None:
    for code in (1000, 1003, 1007, 1014, 3000, 4999):
        sent: list[Any] = []
        await WebSocketClose(code, "x" * 123)({"type": "websocket"}, None, sent_to(sent))  # type: ignore[arg-type]
        assert sent == [{"type": "websocket.close", "code": code, "reason": "x" * 123}]


def sent_to(sent: list[Any]) -> Any:
    async def send(message: Any) -> None:
        sent.append(message)

    return send


@given(st.text())
def test_a_fitted_reason_is_always_sendable(reason: str) -> None:
    fitted = close_reason(reason)
    assert len(fitted.encode()) <= 123
    assert fitted.isprintable()


@given(st.text())
def test_only_tokens_are_subprotocols(text: str) -> None:
    try:
        check_subprotocol(text, None)
    except ValueError:
        return
    assert text.isascii()
    assert text.isprintable()
    assert not set(text) & set('()<>@,;:\\"/[]?={} \t')
