from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from armillary.asgi_types import HTTPException, scope_record
from armillary.http import (
    HTTPEndpoint,
    PlainTextResponse,
    Request,
    Response,
    StreamingResponse,
    _data_response,
    request_response,
)

pytestmark = pytest.mark.anyio


class Page(HTTPEndpoint):
    async def get(self, request: Request) -> Response:
        return PlainTextResponse("got")

    def put(self, request: Request) -> Response:
        return PlainTextResponse("put")

    async def _PRIVATE(self, request: Request) -> Response:
        raise AssertionError("a private method was called")

    async def trace(self, request: Request) -> Response:
        raise AssertionError("TRACE was dispatched")


async def test_each_method_goes_to_its_own_function(exchange: Any) -> None:
    assert (await exchange(method="GET").run(Page)).body == b"got"
    assert (await exchange(method="HEAD").run(Page)).status == 200
    assert (await exchange(method="PUT").run(Page)).body == b"put"


@pytest.mark.parametrize("method", ["POST", "_PRIVATE", "__INIT__", "dispatch", "get", "TRACE", "ALLOWED_METHODS", "É"])
async def test_every_other_method_is_a_405_with_what_is_allowed(exchange: Any, method: str) -> None:
    sent = await exchange().run(Page)
    one = exchange(method="POST")
    one.scope["method"] = method
    await Page(one.scope, one.receive, one.send)
    assert (one.status, one.headers["allow"]) == (405, "GET, HEAD, PUT")
    assert json.loads(one.body) == {"title": "Method Not Allowed", "status": 405}
    assert sent.status == 200


async def test_without_get_there_is_no_head(exchange: Any) -> None:
    class Form(HTTPEndpoint):
        async def post(self, request: Request) -> Response:
            return Response()

    sent = await exchange(method="HEAD").run(Form)
    assert (sent.status, sent.headers["allow"]) == (405, "POST")


async def test_an_endpoint_takes_http_scopes_only() -> None:
    with pytest.raises(TypeError, match="takes an http scope"):
        Page({"type": "websocket"}, None, None)  # type: ignore[arg-type]


def registering(handlers: Any, app: Any) -> Any:
    async def outer(scope: Any, receive: Any, send: Any) -> None:
        scope_record(scope)["exception_handlers"] = handlers
        await app(scope, receive, send)

    return outer


async def fail_404(request: Request) -> Response:
    raise HTTPException(404, headers={"x-a": "b"})


async def fail_key(request: Request) -> Response:
    raise KeyError("x")


class Failing(HTTPEndpoint):
    get = staticmethod(fail_key)
    post = staticmethod(fail_404)


@pytest.mark.parametrize("app", [request_response(fail_404), Failing])
async def test_an_http_exception_gets_a_response_in_a_bare_callable(exchange: Any, app: Any) -> None:
    sent = await exchange(method="POST").run(app)
    assert (sent.status, sent.body) == (404, b'{"title":"Not Found","status":404}')
    assert sent.headers == {
        "content-length": "34",
        "content-type": "application/problem+json",
        "x-a": "b",
        "vary": "Accept",
    }


async def test_a_detail_that_utf_8_cannot_encode_is_escaped(exchange: Any) -> None:
    async def endpoint(request: Request) -> Response:
        raise HTTPException(404, f"No {json.loads(await request.body())}")

    sent = await exchange(method="POST", body=rb'"\ud800"').run(request_response(endpoint))
    assert (sent.status, json.loads(sent.body)["detail"]) == (404, "No \ufffd")


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_is_sent_without_one(exchange: Any, status: int) -> None:
    async def endpoint(request: Request) -> Response:
        raise HTTPException(status)

    sent = await exchange().run(request_response(endpoint))
    assert (sent.status, sent.headers, sent.body) == (status, {}, b"")


@pytest.mark.parametrize("app", [request_response(fail_key), Failing])
async def test_an_exception_nobody_handles_is_raised(exchange: Any, app: Any) -> None:
    with pytest.raises(KeyError):
        await exchange().run(app)


@pytest.mark.parametrize("app", [request_response(fail_key), Failing])
@pytest.mark.parametrize("key", [KeyError, LookupError, Exception])
async def test_the_handler_of_the_nearest_class_is_called(exchange: Any, app: Any, key: Any) -> None:
    async def respond(request: Any, exc: Exception) -> Response:
        assert isinstance(request, Request)
        return PlainTextResponse(type(exc).__name__, 418)

    def from_a_thread(request: Any, exc: Exception) -> Response:
        return PlainTextResponse("thread", 418)

    sent = await exchange().run(registering({key: respond, OSError: from_a_thread}, app))
    assert (sent.status, sent.body) == (418, b"KeyError")
    sent = await exchange().run(registering({key: from_a_thread}, app))
    assert sent.body == b"thread"


async def test_a_handler_may_send_the_response_and_return_nothing(exchange: Any) -> None:
    async def respond(request: Request, exc: Exception) -> None:
        await PlainTextResponse("done")(request.scope, request.receive, request._send)

    assert (await exchange().run(registering({KeyError: respond}, request_response(fail_key)))).body == b"done"


async def test_a_handler_of_the_status_comes_before_one_of_the_class(exchange: Any) -> None:
    async def by_status(request: Any, exc: Exception) -> Response:
        return PlainTextResponse("status")

    async def by_class(request: Any, exc: Exception) -> Response:
        raise AssertionError

    app = registering({404: by_status, HTTPException: by_class}, request_response(fail_404))
    assert (await exchange().run(app)).body == b"status"


async def test_a_handled_exception_keeps_no_frames(exchange: Any) -> None:
    shared = HTTPException(401)

    async def endpoint(request: Request) -> Response:
        raise shared

    await exchange().run(request_response(endpoint))
    assert shared.__traceback__ is None


async def test_an_exception_after_the_start_is_raised_and_no_second_start_is_sent(exchange: Any) -> None:
    async def content() -> Any:
        yield b"part"
        raise HTTPException(404)

    async def streaming(request: Request) -> Response:
        return StreamingResponse(content())

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("late")

    async def returning_foreign(request: Request) -> Any:
        return foreign

    async def never(request: Any, exc: Exception) -> Response:
        raise AssertionError

    one = exchange()
    with pytest.raises(HTTPException):
        await one.run(registering({HTTPException: never}, request_response(streaming)))
    assert one.kinds.count("http.response.start") == 1
    one = exchange()
    with pytest.raises(KeyError):
        await one.run(registering({KeyError: never}, request_response(returning_foreign)))
    assert one.kinds == ["http.response.start"]


async def test_what_is_no_response_is_named_with_its_endpoint(exchange: Any) -> None:
    async def nothing(request: Request) -> Any:
        return None

    with pytest.raises(TypeError, match=r"nothing \(.*line \d+\) returned None; return a Response"):
        await exchange().run(request_response(nothing))
    with pytest.raises(TypeError, match="takes a function of a request"):
        request_response("text")  # type: ignore[arg-type]


async def text(request: Request) -> str:
    return "Vega"


async def optional_text(request: Request) -> str | None:
    return None


async def pair(request: Request) -> tuple[str, int]:
    return ("Vega", 1)


async def nothing_declared(request: Request) -> None: ...


@pytest.mark.parametrize(
    ("function", "status", "body"),
    [
        (text, 200, b'"Vega"'),
        (optional_text, 200, b"null"),
        (pair, 200, b'["Vega",1]'),
        (nothing_declared, 204, b""),
        (functools.partial(text), 200, b'"Vega"'),
    ],
)
async def test_text_a_tuple_and_none_are_data_if_they_are_declared(
    exchange: Any, function: Any, status: int, body: bytes
) -> None:
    sent = await exchange().run(request_response(function))
    assert (sent.status, sent.body) == (status, body)


async def test_what_a_function_declares_is_found_once(exchange: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def get_type_hints(function: Any) -> dict[str, Any]:
        asked.append(function)
        return {"return": str}

    async def name(request: Request) -> str:
        return "Vega"

    monkeypatch.setattr(_data_response, "get_type_hints", get_type_hints)
    for _ in range(3):
        assert (await exchange().run(request_response(name))).body == b'"Vega"'
    assert asked == [name]


async def test_annotations_that_cannot_be_read_declare_nothing(exchange: Any) -> None:
    async def name(request: Request) -> str:
        return "Vega"

    name.__annotations__["return"] = "Request.nowhere"
    with pytest.raises(TypeError, match=r"name \(.*line \d+\) returned 'Vega'"):
        await exchange().run(request_response(name))


async def test_text_that_is_not_what_is_declared_is_named_with_its_endpoint(exchange: Any) -> None:
    async def mapping(request: Request) -> dict[str, str]:
        return "Vega"  # type: ignore[return-value]

    with pytest.raises(TypeError, match=r"mapping \(.*line \d+\) returned 'Vega'"):
        await exchange().run(request_response(mapping))


async def test_a_sync_function_runs_in_a_thread(exchange: Any) -> None:
    import threading

    def endpoint(request: Request) -> Response:
        return PlainTextResponse(str(threading.get_ident()))

    sent = await exchange().run(request_response(endpoint))
    assert sent.body != str(threading.get_ident()).encode()


async def test_a_subclass_of_request_is_what_the_function_gets(exchange: Any) -> None:
    class Mine(Request):
        pass

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(type(request).__name__)

    assert (await exchange().run(request_response(endpoint, request_class=Mine))).body == b"Mine"
