"""HTTP messages, in every order and of every type that the specification rules out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from hypothesis import given, strategies as st

from armillary.asgi_types import Message, Receive, Scope, Send
from armillary.lint import LintError, lint

Headers = list[tuple[bytes, bytes]]


def start(status: Any = 200, headers: Any = (), **more: Any) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers, **more}


def body(data: Any = b"", **more: Any) -> Message:
    return {"type": "http.response.body", "body": data, **more}


ALL_EXTENSIONS: dict[str, dict[str, Any]] = {
    f"http.response.{name}": {} for name in ("push", "early_hint", "trailers", "debug", "pathsend", "zerocopysend")
}


def test_a_whole_response_passes_unchanged(drive: SimpleNamespace) -> None:
    messages = (start(headers=[(b"content-length", b"4")]), body(b"ab", more_body=True), body(b"cd"))
    sent = drive.http(*messages)
    assert all(a is b for a, b in zip(sent, messages, strict=True))


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ((body(),), r"http GET /, sent http.response.body: the response was not started; send http.response.start"),
        ((start(), start()), "already started; send one start"),
        ((start(), body(), body()), "the response was already complete"),
        ((start(), body(), start()), "the response was already complete"),
        ((start(status="200"),), "'status' is str; it must be an int"),
        ((start(status=True),), "'status' is bool"),
        (({"type": "http.response.start"},), "'status' is missing"),
        ((start(status=103),), "the status is 103"),
        ((start(status=600),), "the status is 600"),
        ((start(headers={"a": "b"}),), "'headers' is dict"),
        ((start(headers=[("a", b"b")]),), "the header name 'a' is str"),
        ((start(headers=[(b"A", b"b")]),), "upper-case"),
        ((start(headers=[(b"location", b"/\r\nset-cookie: a=b")]),), "holds CR"),
        ((start(headers=[(b"content-length", b"x")]),), "the content-length is b'x'"),
        ((start(headers=[(b"content-length", b"1"), (b"content-length", b"1")]),), "2 content-length headers"),
        ((start(), body("text")), "'body' is str; it must be a bytes object"),
        ((start(), body(None)), "'body' is None"),
        ((start(), body(bytearray(b"a"))), "'body' is bytearray"),
        ((start(), body(b"", more_body=1)), "'more_body' is int; it must be a bool"),
        ((start(headers=[(b"content-length", b"3")]), body(b"ab")), "ended after 2 bytes but content-length says 3"),
        ((start(headers=[(b"content-length", b"1")]), body(b"ab")), "has 2 bytes or more but content-length says 1"),
        ((start(204), body(b"a")), "a 204 has a body of 1 bytes"),
        ((start(304), body(b"a")), "a 304 has a body of 1 bytes"),
        ((start(204, [(b"content-length", b"0")]),), "a 204 has a content-length"),
        ((), "returned without a response"),
        ((start(),), "returned before the end of the body"),
        ((start(), body(b"a", more_body=True)), "returned before the end of the body"),
        ((start(trailers=True),), "promises trailers, which the server did not offer"),
        (({"type": "http.response.push", "path": "/", "headers": []},), "the server did not offer this extension"),
        (({"type": "http.response.debug", "info": {}},), "the server did not offer this extension"),
        (({"type": "http.request"},), "an http scope sends no such message"),
        (({"type": "websocket.accept"},), "an http scope sends no such message"),
        (({"status": 200},), "has no 'type'"),
        (("http.response.start",), "a message is str"),
    ],
)
def test_a_broken_response_is_named(drive: SimpleNamespace, messages: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.http(*messages)


@pytest.mark.parametrize(
    ("messages", "sentence"),
    [
        ((start(trailers=True), body(), {"type": "http.response.trailers", "headers": [(b"X", b"1")]}), "upper-case"),
        ((start(trailers=True), {"type": "http.response.trailers", "headers": []}), "the body is not complete"),
        ((start(), {"type": "http.response.trailers", "headers": []}), "promised no trailers"),
        ((start(trailers=True), body()), "without the trailers it promised"),
        ((start(trailers=True), body(), body()), "the body was already complete"),
        ((start(), {"type": "http.response.debug", "info": {}}), "send it before http.response.start"),
        (
            ({"type": "http.response.debug", "info": {}}, {"type": "http.response.debug", "info": {}}),
            "it was sent before",
        ),
        (({"type": "http.response.debug", "info": "x"},), "'info' is str"),
        (({"type": "http.response.early_hint", "links": ["</a>"]},), "the link '</a>' is str"),
        (({"type": "http.response.early_hint", "links": [b"a\nb"]},), "holds LF"),
        (
            (start(), body(b"a", more_body=True), {"type": "http.response.early_hint", "links": []}),
            "the body was already started",
        ),
        (({"type": "http.response.push", "path": b"/a", "headers": []},), "'path' is bytes"),
        ((start(), {"type": "http.response.pathsend", "path": "a.txt"}), "the path 'a.txt' is relative"),
        (
            (start(), body(b"a", more_body=True), {"type": "http.response.pathsend", "path": "/a"}),
            "body parts were already sent",
        ),
        (
            (start(trailers=True), {"type": "http.response.pathsend", "path": "/a"}, body()),
            "the body was already complete",
        ),
        ((start(304), {"type": "http.response.pathsend", "path": "/a"}), "a 304 has a file for a body"),
        ((start(), {"type": "http.response.zerocopysend", "file": b"x"}), "'file' is bytes"),
        ((start(), {"type": "http.response.zerocopysend", "file": 3, "count": -1}), "'count' is -1"),
        (
            (start(headers=[(b"content-length", b"1")]), {"type": "http.response.zerocopysend", "file": 3, "count": 2}),
            "has 2 bytes or more",
        ),
    ],
)
def test_a_misused_extension_is_named(drive: SimpleNamespace, messages: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.http(*messages, scope=drive.http_scope(extensions=ALL_EXTENSIONS))


@pytest.mark.parametrize(
    "messages",
    [
        (
            {"type": "http.response.debug", "info": {"template": "a"}},
            {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]},
            {"type": "http.response.push", "path": "/a.css", "headers": []},
            start(trailers=True),
            body(b"a"),
            {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")], "more_trailers": True},
            {"type": "http.response.trailers", "headers": []},
        ),
        (start(headers=[(b"content-length", b"9")]), {"type": "http.response.pathsend", "path": "/a"}),
        (
            start(headers=[(b"content-length", b"3")]),
            {"type": "http.response.zerocopysend", "file": 3, "count": 2, "more_body": True},
            body(b"c"),
        ),
        (start(headers=[(b"content-length", b"3")]), {"type": "http.response.zerocopysend", "file": 3}),
    ],
    ids=["all", "path", "zero copy and body", "zero copy to the end"],
)
def test_extensions_used_as_specified_pass(drive: SimpleNamespace, messages: tuple[Message, ...]) -> None:
    assert drive.http(*messages, scope=drive.http_scope(extensions=ALL_EXTENSIONS)) == list(messages)


def test_head_has_the_length_of_get_and_no_body(drive: SimpleNamespace) -> None:
    head = drive.http_scope(method="HEAD")
    drive.http(start(headers=[(b"content-length", b"5")]), body(), scope=head)
    with pytest.raises(LintError, match="the response to HEAD has a body of 5 bytes; send an empty body"):
        drive.http(start(headers=[(b"content-length", b"5")]), body(b"hello"), scope=head)


def test_not_modified_may_have_the_length_of_the_full_response(drive: SimpleNamespace) -> None:
    drive.http(start(304, [(b"content-length", b"5")]), body())


def request(data: Any = b"", **more: Any) -> Message:
    return {"type": "http.request", "body": data, **more}


DISCONNECT: Message = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    ("received", "sentence"),
    [
        ((request("text"),), "received http.request: 'body' is str"),
        ((request(more_body=None),), "'more_body' is None"),
        ((request(), request()), "the request body was already complete"),
        ((DISCONNECT, request()), "it came after http.disconnect"),
        (({"type": "http.response.start"},), "an http scope receives no such message"),
        (({"type": "websocket.connect"},), "an http scope receives no such message"),
        ((None,), "a message is None"),
    ],
)
def test_a_broken_request_is_named(drive: SimpleNamespace, received: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(LintError, match=sentence):
        drive.http(received=received)


def test_parts_of_a_request_then_disconnects_pass(drive: SimpleNamespace) -> None:
    drive.http(start(), body(), received=(request(b"a", more_body=True), request(b"b"), DISCONNECT, DISCONNECT))


def test_sending_after_a_disconnect_passes(drive: SimpleNamespace) -> None:
    assert len(drive.http(start(), body(), received=(DISCONNECT,))) == 2


def test_an_unfinished_response_passes_after_a_disconnect(drive: SimpleNamespace) -> None:
    drive.http(start(), received=(DISCONNECT,))


def test_a_send_rejected_by_the_server_ends_the_checks(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(start())
        except OSError:
            return

    async def broken_send(message: Message) -> None:
        raise OSError("disconnected")

    anyio.run(lint(app), drive.http_scope(), drive.Peer().receive, broken_send)


def test_an_error_that_the_application_swallows_is_raised_at_its_end(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send(body())
        except AssertionError:
            pass
        await send(start())
        await send(body())

    peer = drive.Peer()
    with pytest.raises(LintError, match="the response was not started"):
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)


def test_what_the_application_raises_is_left_as_it_is(drive: SimpleNamespace) -> None:
    failure = RuntimeError("mine")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise failure

    peer = drive.Peer()
    with pytest.raises(RuntimeError) as raised:
        anyio.run(lint(app), drive.http_scope(), peer.receive, peer.send)
    assert raised.value is failure


def test_headers_from_a_generator_reach_the_server(drive: SimpleNamespace) -> None:
    headers = [(b"a", b"1"), (b"b", b"2")]
    sent = drive.http(start(headers=(pair for pair in headers)), body())
    assert sent[0]["headers"] == headers


@given(parts=st.lists(st.binary(max_size=8), min_size=1, max_size=6), difference=st.integers(-3, 3))
def test_a_declared_length_passes_exactly_when_it_is_the_bodys(parts: list[bytes], difference: int) -> None:
    total = sum(map(len, parts))
    declared = max(0, total + difference)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[(b"content-length", str(declared).encode())]))
        for index, part in enumerate(parts):
            await send(body(part, more_body=index < len(parts) - 1))

    async def receive() -> Message:
        return DISCONNECT

    async def send(message: Message) -> None: ...

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
    }
    if declared == total:
        anyio.run(lint(app), scope, receive, send)
    else:
        with pytest.raises(LintError, match="content-length"):
            anyio.run(lint(app), scope, receive, send)


@pytest.mark.anyio
async def test_a_stream_passes_on_every_event_loop(drive: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start())
        for _ in range(3):
            await anyio.lowlevel.checkpoint()
            await send(body(b"a", more_body=True))
        await send(body())

    peer = drive.Peer(request())
    await lint(app)(drive.http_scope(), peer.receive, peer.send)
    assert len(peer.sent) == 5
