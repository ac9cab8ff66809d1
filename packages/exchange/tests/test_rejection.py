from __future__ import annotations

import json
from typing import Any

import pytest

from armillary.asgi_types import CachedBody, HTTPException, scope_record
from armillary.exchange import Rejection, close_reason, reject, rejection_of
from armillary.lint import lint

pytestmark = pytest.mark.anyio


def request(method: str = "GET", *headers: tuple[bytes, bytes], version: str = "1.1") -> dict[str, Any]:
    return {"type": "http", "method": method, "http_version": version, "headers": list(headers)}


@pytest.mark.parametrize(
    "accept", [None, b"*/*", b"application/json", b"image/png", b"text/html;q=0.1, */*", b"text/;"]
)
async def test_a_request_gets_a_problem_document(channel: Any, accept: bytes | None) -> None:
    fields = () if accept is None else ((b"accept", accept),)
    await reject(request("GET", *fields), channel, Rejection(403, "Not here."))
    assert channel.messages[0]["status"] == 403
    body = b'{"title":"Forbidden","status":403,"detail":"Not here."}'
    assert channel.headers == {
        b"content-length": b"%d" % len(body),
        b"content-type": b"application/problem+json",
        b"vary": b"Accept",
    }
    assert channel.messages[1] == {"type": "http.response.body", "body": body}


@pytest.mark.parametrize(
    "accept", [b"text/html,*/*;q=0.8", b"text/plain", b"TEXT/*", b"application/json;q=0.5, text/html"]
)
async def test_a_client_that_prefers_text_gets_the_sentence(channel: Any, accept: bytes) -> None:
    await reject(request("GET", (b"accept", accept)), channel, Rejection(403, "Not here."))
    assert channel.headers == {
        b"content-length": b"9",
        b"content-type": b"text/plain; charset=utf-8",
        b"vary": b"Accept",
    }
    assert channel.messages[1] == {"type": "http.response.body", "body": b"Not here."}


async def test_the_sentence_is_sent_to_all_where_that_is_the_policy(channel: Any) -> None:
    await reject(request(), channel, Rejection(403, "Not here."), as_text=True)
    assert channel.headers == {b"content-length": b"9", b"content-type": b"text/plain; charset=utf-8"}


@pytest.mark.parametrize("status", [200, 303, 307])
async def test_what_is_no_error_is_no_problem(channel: Any, status: int) -> None:
    await reject(request(), channel, Rejection(status, "", [(b"location", b"/")]))
    assert channel.messages[1]["body"] == b""
    assert b"vary" not in channel.headers


async def test_a_problem_says_its_title_once_and_may_have_members_of_its_own(channel: Any) -> None:
    await reject(request(), channel, Rejection(404, "Not Found"))
    assert channel.messages[1]["body"] == b'{"title":"Not Found","status":404}'
    own = Rejection(409, "Sold out.", members={"type": "https://example.com/sold-out", "status": 409})
    assert json.loads(own.content(request())[1]) == {"type": "https://example.com/sold-out", "status": 409}
    assert own.body == b"Sold out."


async def test_the_response_to_a_head_has_the_headers_alone(channel: Any) -> None:
    await reject(request("HEAD"), channel, Rejection(403, "Not here."))
    assert channel.headers[b"content-length"] == b"55"
    assert channel.headers[b"content-type"] == b"application/problem+json"
    assert channel.messages[1]["body"] == b""


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_neither_body_nor_length(channel: Any, status: int) -> None:
    await reject(request(), channel, Rejection(status, "text", [(b"content-length", b"4")]))
    assert channel.headers == {}
    assert channel.messages[1]["body"] == b""


async def test_given_headers_win_but_for_the_length(channel: Any) -> None:
    given = [(b"content-type", b"application/json"), (b"content-length", b"99"), (b"retry-after", b"5")]
    await reject(request(), channel, Rejection(429, headers=given, body=b"{}"))
    assert channel.headers == {b"content-length": b"2", b"content-type": b"application/json", b"retry-after": b"5"}


@pytest.mark.parametrize("announced", [(b"content-length", b"5"), (b"transfer-encoding", b"chunked")])
async def test_a_body_that_is_left_unread_closes_the_connection(channel: Any, announced: Any) -> None:
    await reject(request("POST", announced), channel, Rejection(403, "No."))
    assert channel.headers[b"connection"] == b"close"


@pytest.mark.parametrize(
    "scope",
    [
        request("POST"),
        request("POST", (b"content-length", b"0")),
        request("POST", (b"content-length", b"5"), version="2"),
    ],
)
async def test_nothing_is_closed_if_there_is_no_body_or_no_connection_to_name(channel: Any, scope: Any) -> None:
    await reject(scope, channel, Rejection(403, "No."))
    assert b"connection" not in channel.headers


async def test_a_body_that_was_read_leaves_the_connection_open(channel: Any) -> None:
    async def receive() -> Any: ...

    scope = request("POST", (b"content-length", b"5"))
    scope_record(scope)["bodies"] = [CachedBody(receive, b"hello")]
    await reject(scope, channel, Rejection(403, "No."))
    assert b"connection" not in channel.headers


async def test_a_handshake_is_rejected_with_the_response_if_the_server_can(channel: Any) -> None:
    scope = {"type": "websocket", "headers": [], "extensions": {"websocket.http.response": {}}}
    await reject(scope, channel, Rejection(401, "Who are you?", [(b"www-authenticate", b"Bearer")]))
    assert channel.types == ["websocket.http.response.start", "websocket.http.response.body"]
    assert channel.headers[b"www-authenticate"] == b"Bearer"
    assert channel.messages[1]["body"] == b"Who are you?"


@pytest.mark.parametrize("extensions", [{}, None])
async def test_a_handshake_is_closed_if_the_server_cannot_send_a_response(channel: Any, extensions: Any) -> None:
    scope = {"type": "websocket", "headers": [], "extensions": extensions}
    await reject(scope, channel, Rejection(503, "Try again.", close_code=1013))
    assert channel.messages == [{"type": "websocket.close", "code": 1013, "reason": "Try again."}]


@pytest.mark.parametrize(("first", "sent"), [("websocket.connect", 1), ("websocket.disconnect", 0)])
async def test_a_client_that_disconnected_before_the_rejection_is_sent_nothing(
    channel: Any, first: str, sent: int
) -> None:
    async def receive() -> Any:
        return {"type": first}

    await reject({"type": "websocket", "headers": []}, channel, Rejection(403, "No."), receive)
    assert len(channel.messages) == sent


async def test_a_rejection_is_what_the_specification_wants_on_both_kinds_of_scope() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await reject(scope, send, Rejection(403, "No."))

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    base: dict[str, Any] = {
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "path": "/",
        "raw_path": b"/",
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
        "client": None,
        "server": None,
    }
    await lint(app)({**base, "type": "http", "method": "GET", "scheme": "http"}, receive, send)
    for extensions in ({}, {"websocket.http.response": {}}):
        scope = {**base, "type": "websocket", "scheme": "ws", "subprotocols": [], "extensions": extensions}
        await lint(app)(scope, receive, send)
    assert [message["type"] for message in sent] == [
        "http.response.start",
        "http.response.body",
        "websocket.close",
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]


def test_an_http_exception_stands_for_its_status_headers_and_detail() -> None:
    rejection = rejection_of(HTTPException(405, headers={"Allow": "GET"}))
    assert (rejection.status, rejection.body, rejection.headers[-1]) == (405, b"Method Not Allowed", (b"allow", b"GET"))


@pytest.mark.parametrize("detail", [{"code": 7, "fields": ["name"]}, ["a"], 5])
def test_a_detail_of_data_is_a_member_of_a_json_document(detail: object) -> None:
    rejection = rejection_of(HTTPException(409, detail, {"Retry-After": "5"}))
    assert json.loads(rejection.body) == {"title": "Conflict", "status": 409, "detail": detail}
    assert (b"content-type", b"application/problem+json") in rejection.headers
    assert (b"content-length", b"%d" % len(rejection.body)) in rejection.headers
    assert (b"retry-after", b"5") in rejection.headers
    assert rejection.detail == "Conflict"


def test_a_header_that_would_end_its_line_is_an_error() -> None:
    with pytest.raises(ValueError):
        rejection_of(HTTPException(302, headers={"Location": "/a\r\nSet-Cookie: x=1"}))


@pytest.mark.parametrize(
    ("text", "reason"),
    [("plain", "plain"), ("two\r\nlines\x00", "two  lines "), ("ü" * 100, "ü" * 61), ("\ud800", "\ufffd")],
)
def test_a_close_reason_is_one_line_cut_at_a_character(text: str, reason: str) -> None:
    assert close_reason(text) == reason
    assert len(close_reason(text).encode()) <= 123


def test_of_many_accept_lines_so_much_is_read_as_of_any_list() -> None:
    lines = [(b"accept", b"application/json;q=0.1")] * 5_000
    assert Rejection(404, "no").content({"type": "http", "headers": [*lines, (b"accept", b"text/html")]})[1][:1] == b"{"
