from __future__ import annotations

from typing import Any

import anyio
import pytest
from testkit import Connection, http_scope, lifespan_scope, request_messages, websocket_scope

from armillary.lint import LintError

pytestmark = pytest.mark.anyio


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Send back the body with two headers of one name."""
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    headers = [(b"vary", b"accept"), (b"x-path", scope["path"].encode()), (b"vary", b"origin")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body[:1], "more_body": True})
    await send({"type": "http.response.body", "body": body[1:]})


async def test_a_request_is_sent_and_its_response_read(call: Any) -> None:
    sent = await call(echo, "/star", "POST", body=[b"he", b"llo"])
    assert (sent.status, sent.body, sent.text) == (201, b"hello", "hello")
    assert sent.bodies == [b"h", b"ello"]
    assert sent.headers == {"vary": "accept, origin", "x-path": "/star"}
    assert sent.all(b"vary") == [b"accept", b"origin"]
    assert (sent.get(b"x-path"), sent.get(b"x-other")) == (b"/star", None)
    with pytest.raises(AssertionError, match="b'vary' was sent 2 times"):
        sent.get(b"vary")
    assert sent.kinds == ["http.response.start", "http.response.body", "http.response.body"]


async def test_the_echo_returns_the_whole_body(call: Any, ok: Any) -> None:
    sent = await call(ok, body=[b"he", b"", b"llo"])
    assert (sent.status, sent.headers, sent.body) == (200, {"content-type": "text/html"}, b"hello")
    assert (await call(ok, received=[{"type": "http.disconnect"}])).body == b""


async def test_a_websocket_is_opened_and_its_client_disconnects(call: Any) -> None:
    received = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append(await receive())
        await send({"type": "websocket.accept", "headers": [(b"x-a", b"1")]})
        received.append(await receive())

    sent = await call(app, type="websocket")
    assert sent.kinds == ["websocket.accept"]
    assert (sent.status, sent.headers, sent.body) == (None, {"x-a": "1"}, b"")
    assert received == [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}]


async def test_an_application_that_breaks_the_specification_is_reported(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": b"too soon"})

    for catch in (False, True):
        with pytest.raises(LintError):
            await call(app, catch=catch)


async def test_an_exception_is_raised_unless_it_is_to_be_caught(call: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost"):
        await call(app)
    sent = await call(app, catch=True)
    assert (repr(sent.error), sent) == ("KeyError('lost')", [])


async def test_at_its_end_a_connection_is_lost_or_goes_on_forever() -> None:
    lost = Connection(http_scope(), *request_messages())
    assert [(await lost.receive())["type"] for _ in range(3)] == ["http.request", "http.disconnect", "http.disconnect"]

    silent = Connection(http_scope(), at_end="wait")
    with anyio.move_on_after(0.01) as scope:
        await silent.receive()
    assert scope.cancelled_caught


async def test_every_message_is_reported_as_it_is_sent(call: Any) -> None:
    seen: list[str] = []
    await call(echo, on_send=lambda message: seen.append(message["type"]))
    assert seen == ["http.response.start", "http.response.body", "http.response.body"]


def test_a_body_is_sent_in_its_pieces() -> None:
    assert [(message["body"], message["more_body"]) for message in request_messages([b"a", b"", b"b"])] == [
        (b"a", True),
        (b"", True),
        (b"b", False),
    ]
    assert request_messages(()) == []
    assert request_messages() == [{"type": "http.request", "body": b"", "more_body": False}]


def test_the_path_of_a_scope_is_sent_encoded_too() -> None:
    scope = http_scope("/ä b", "PUT", query_string=b"a=1")
    assert (scope["path"], scope["raw_path"], scope["method"]) == ("/ä b", b"/%C3%A4%20b", "PUT")
    assert (scope["query_string"], scope["headers"]) == (b"a=1", [(b"host", b"testserver")])


@pytest.mark.parametrize("headers", [{"X-A": "é"}, [("X-A", "é")], [(b"x-a", b"\xe9")]])
def test_headers_are_given_as_text_or_as_bytes(headers: Any) -> None:
    assert http_scope(headers=headers)["headers"] == [(b"x-a", b"\xe9")]


def test_each_kind_of_scope_has_its_keys() -> None:
    websocket = websocket_scope("/chat", subprotocols=["chat"])
    assert (websocket["type"], websocket["scheme"], websocket["subprotocols"]) == ("websocket", "ws", ["chat"])
    assert "method" not in websocket
    assert lifespan_scope(state={}) == {
        "type": "lifespan",
        "asgi": {"version": "3.0", "spec_version": "2.0"},
        "state": {},
    }
