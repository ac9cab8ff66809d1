"""Programs change what a request keeps of itself under Starlette's private names."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.datastructures import URL, FormData, Headers, MutableHeaders, QueryParams, State
from armillary.starlette.middleware import Middleware
from armillary.starlette.middleware.base import BaseHTTPMiddleware
from armillary.starlette.requests import HTTPConnection, Request
from armillary.starlette.responses import PlainTextResponse, Response
from armillary.starlette.routing import Route
from armillary.starlette.testclient import TestClient
from armillary.starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio

CHANGES: dict[str, Any] = {
    "headers": Headers({"z": "2"}),
    "url": URL("http://x/y"),
    "base_url": URL("http://x/"),
    "query_params": QueryParams("z=2"),
    "cookies": {"z": "2"},
    "state": State({"z": 2}),
}


def connection_scope(kind: str = "http") -> dict[str, Any]:
    return {
        "type": kind,
        "method": "POST",
        "path": "/p",
        "query_string": b"q=1",
        "server": ("s", 80),
        "headers": [(b"cookie", b"c=1")],
    }


def make_request(body: bytes = b"1", kind: str = "http") -> Any:
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    scope = connection_scope(kind)
    return WebSocket(scope, receive, send) if kind == "websocket" else Request(scope, receive)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_value_set_under_the_private_name_is_read(name: str, kind: str) -> None:
    request = make_request(kind=kind)
    assert not hasattr(request, f"_{name}")
    assert getattr(request, name) is getattr(request, f"_{name}") is vars(request)[f"_{name}"]
    setattr(request, f"_{name}", CHANGES[name])
    assert getattr(request, name) is CHANGES[name]


@pytest.mark.parametrize(
    ("name", "key", "value", "shown"),
    [
        ("headers", "headers", [(b"x", b"y")], "Headers({'x': 'y'})"),
        ("query_params", "query_string", b"n=2", "QueryParams('n=2')"),
        ("url", "path", "/new", "URL('http://s/new?q=1')"),
        ("base_url", "root_path", "/new", "URL('http://s/new/')"),
    ],
)
def test_a_value_deleted_under_the_private_name_is_computed_again(name: str, key: str, value: Any, shown: str) -> None:
    request = make_request()
    before = getattr(request, name)
    request.scope[key] = value
    assert getattr(request, name) is before
    delattr(request, f"_{name}")
    assert repr(getattr(request, name)) == shown


def test_a_connection_without_a_request_class_has_the_same_names() -> None:
    connection: Any = HTTPConnection(connection_scope())
    assert connection.cookies == {"c": "1"}
    connection._cookies = {"n": "2"}
    assert connection.cookies == {"n": "2"}


def test_the_list_of_headers_is_in_the_dict_of_the_object() -> None:
    request = make_request()
    vars(request.headers)["_list"].append((b"n", b"1"))
    assert request.scope["headers"][-1] == (b"n", b"1")
    vars(request.headers)["_list"] = [(b"n", b"2")]
    assert (request.headers["n"], request.headers.raw) == ("2", [(b"n", b"2")])
    assert list(vars(MutableHeaders({"a": "b"}))) == ["_list"]


def test_an_authorization_header_that_a_middleware_injects_reaches_the_endpoint() -> None:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(request.headers.get("authorization", "none"))

    async def inject(request: Request, call_next: Any) -> Response:
        vars(request.headers)["_list"].append((b"authorization", b"Bearer x"))
        response: Response = await call_next(request)
        return response

    middleware = [Middleware(BaseHTTPMiddleware, dispatch=inject)]
    app = Starlette(routes=[Route("/", endpoint)], middleware=middleware)
    assert TestClient(app).get("/").text == "Bearer x"


async def test_a_body_json_and_form_set_by_hand_are_returned() -> None:
    request = make_request()
    request._body = b'{"z": 2}'
    assert (await request.body(), await request.json()) == (b'{"z": 2}', {"z": 2})
    del request._json
    request._body = b"5"
    assert await request.json() == 5
    request._form = FormData([("a", "b")])
    assert await request.form() is request._form


async def test_a_stream_is_consumed_by_reading_it() -> None:
    streamed, read = make_request(), make_request()
    assert (streamed._stream_consumed, read._stream_consumed) == (False, False)
    assert b"".join([piece async for piece in streamed.stream()]) == await read.body()
    assert (streamed._stream_consumed, read._stream_consumed) == (True, True)


async def test_a_stream_said_to_be_consumed_cannot_be_read() -> None:
    for read in (lambda request: request.body(), lambda request: anext(request.stream())):
        request = make_request()
        request._stream_consumed = True
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await read(request)


async def test_a_body_kept_by_hand_is_read_from_a_consumed_stream() -> None:
    request = make_request()
    request._stream_consumed = True
    request._body = b"kept"
    assert await request.body() == b"kept"
    assert b"".join([piece async for piece in request.stream()]) == b"kept"


async def test_a_stream_said_not_to_be_consumed_is_read_from_the_new_receive() -> None:
    request = make_request()
    assert b"".join([piece async for piece in request.stream()]) == b"1"
    request._stream_consumed = False
    request._receive = make_request(b"2")._receive
    assert await request.body() == b"2"


async def test_a_disconnect_can_be_set_and_is_seen() -> None:
    request = make_request()
    assert request._is_disconnected is False
    request._is_disconnected = True
    assert await request.is_disconnected()
