"""Handlers by status code and class."""

from __future__ import annotations

import json
from typing import Any

import pytest

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.http import JSONResponse, PlainTextResponse, Request, Response, request_response

pytestmark = pytest.mark.anyio


class StarError(Exception):
    pass


class BrightStarError(StarError):
    pass


def raising(exc: Exception) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise exc

    return app


def raising_function(exc: Exception) -> Any:
    async def endpoint(request: Request) -> Response:
        raise exc

    return request_response(endpoint)


def responding(text: str) -> Any:
    async def handle(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(text, status_code=418)

    return handle


BOTH = pytest.mark.parametrize("make", [raising, raising_function])


@BOTH
async def test_an_http_exception_becomes_a_response_without_a_handler(http: Any, make: Any) -> None:
    exc = HTTPException(403, "Not your star", headers={"X-Star": "Vega"})
    response = await http(ExceptionMiddleware(make(exc)))
    assert (response.status, response.sentence, response.headers["x-star"]) == (403, "Not your star", "Vega")
    assert response.error is None


@BOTH
async def test_a_detail_of_data_becomes_a_json_body(http: Any, make: Any) -> None:
    exc = HTTPException(400, {"field": "name"}, headers={"X-Star": "Vega"})
    response = await http(ExceptionMiddleware(make(exc)))
    assert json.loads(response.body) == {"title": "Bad Request", "status": 400, "detail": {"field": "name"}}
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status, response.headers["x-star"]) == (400, "Vega")


@BOTH
@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_is_sent_without_a_body(http: Any, make: Any, status: int) -> None:
    response = await http(ExceptionMiddleware(make(HTTPException(status))))
    assert (response.status, response.body) == (status, b"")
    assert "content-length" not in response.headers


@BOTH
async def test_the_status_comes_before_the_class(http: Any, make: Any) -> None:
    handlers = {HTTPException: responding("class"), 404: responding("status")}
    assert (await http(ExceptionMiddleware(make(HTTPException(404)), handlers=handlers))).text == "status"
    assert (await http(ExceptionMiddleware(make(HTTPException(403)), handlers=handlers))).text == "class"


@BOTH
async def test_the_nearest_class_is_in_charge(http: Any, make: Any) -> None:
    handlers = {Exception: responding("any"), StarError: responding("star")}
    assert (await http(ExceptionMiddleware(make(BrightStarError()), handlers=handlers))).text == "star"
    assert (await http(ExceptionMiddleware(make(KeyError()), handlers=handlers))).text == "any"


@BOTH
async def test_an_exception_without_a_handler_passes(http: Any, make: Any) -> None:
    error = KeyError("x")
    response = await http(ExceptionMiddleware(make(error), handlers={StarError: responding("star")}))
    assert response.error is error
    assert response == []


@BOTH
async def test_a_sync_handler_runs_in_a_thread(http: Any, make: Any) -> None:
    from threading import get_ident

    here = get_ident()

    def handle(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(str(get_ident() != here))

    assert (await http(ExceptionMiddleware(make(StarError()), handlers={StarError: handle}))).text == "True"


@BOTH
async def test_a_handler_may_read_the_body_the_endpoint_read(http: Any, make: Any) -> None:
    async def handle(request: Request, exc: Exception) -> Response:
        return Response(await request.body())

    response = await http(ExceptionMiddleware(make(StarError()), handlers={StarError: handle}), body=b"stars")
    assert response.body == b"stars"


@BOTH
async def test_a_shared_exception_object_collects_no_frames(http: Any, make: Any) -> None:
    exc = HTTPException(401)
    await http(ExceptionMiddleware(make(exc)))
    assert exc.__traceback__ is None


async def test_a_handler_may_send_the_response_itself_and_return_nothing(http: Any) -> None:
    sends: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sends.append(send)
        raise StarError

    async def handle(request: Request, exc: Exception) -> None:
        await PlainTextResponse("by itself")(request.scope, request.receive, sends[0])

    response = await http(ExceptionMiddleware(app, handlers={StarError: handle}))
    assert response.text == "by itself"
    assert response.error is None


async def test_a_handler_that_gives_no_response_leaves_the_exception_to_the_outer_guard(http: Any) -> None:
    async def handle(request: Request, exc: Exception) -> None:
        return None

    app = ServerErrorMiddleware(ExceptionMiddleware(raising(StarError()), handlers={StarError: handle}))
    response = await http(app)
    assert response.status == 500
    assert isinstance(response.error, StarError)


async def test_an_exception_in_a_handler_goes_to_the_guard_outside(http: Any) -> None:
    async def handle(request: Request, exc: Exception) -> Response:
        raise KeyError("broken handler")

    app = ServerErrorMiddleware(ExceptionMiddleware(raising(StarError()), handlers={StarError: handle}))
    response = await http(app)
    assert response.status == 500
    assert isinstance(response.error, KeyError)
    assert isinstance(response.error.__context__, StarError)


async def test_a_handler_is_called_after_the_response_began_and_the_connection_closed(
    http: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("OK")(scope, receive, send)
        raise StarError("late")

    handled: list[str] = []

    async def handle(request: Request, exc: Exception) -> Response:
        handled.append(str(exc))
        return PlainTextResponse("too late")

    guarded = ServerErrorMiddleware(ExceptionMiddleware(app, handlers={StarError: handle}))
    response = await http(guarded)
    assert handled == ["late"]
    assert (response.status, response.text) == (200, "OK")
    assert type(response.error) is StarError
    assert [record.getMessage() for record in caplog.records] == [
        "StarError was raised after the response had begun on GET /"
    ]


async def test_background_work_that_fails_reaches_its_handler_and_no_second_response(http: Any) -> None:
    async def work() -> None:
        raise StarError("in the background")

    async def endpoint(request: Request) -> Response:
        return Response(status_code=204, background=work)

    handled: list[str] = []

    async def handle(request: Request, exc: Exception) -> Response:
        handled.append(str(exc))
        return PlainTextResponse("too late")

    response = await http(ExceptionMiddleware(request_response(endpoint), handlers={StarError: handle}))
    assert response.kinds == ["http.response.start", "http.response.body"]
    assert handled == ["in the background"]


async def test_the_handlers_of_an_application_around_are_back_after_one_inside(http: Any) -> None:
    inner = ExceptionMiddleware(raising_function(KeyError()), handlers={StarError: responding("inner")})

    async def endpoint(request: Request) -> Response:
        with pytest.raises(KeyError):
            await inner(request.scope, request.receive, test_a_websocket_handler_gets_the_websocket)
        raise StarError

    outer = ExceptionMiddleware(request_response(endpoint), handlers={StarError: responding("outer")})
    assert (await http(outer)).text == "outer"


async def test_a_websocket_exception_closes_with_its_code(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise WebSocketException(1003, "text only")

    response = await websocket(ExceptionMiddleware(app))
    assert response[-1] == {"type": "websocket.close", "code": 1003, "reason": "text only"}
    assert response.error is None


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_websocket_that_was_closed_is_not_closed_again(websocket: Any, accepts: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if accepts:
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})
        raise WebSocketException(1008)

    response = await websocket(ServerErrorMiddleware(ExceptionMiddleware(app)))
    assert (response[-1], response.error) == ({"type": "websocket.close", "code": 4000}, None)


async def test_an_http_exception_rejects_a_handshake(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise HTTPException(401, "Who are you?")

    response = await websocket(ExceptionMiddleware(app), denial_response=True)
    assert response.kinds == ["websocket.http.response.start", "websocket.http.response.body"]
    assert (response.status, response.text) == (401, "Who are you?")


async def test_an_http_exception_closes_an_open_websocket(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise HTTPException(403)

    response = await websocket(ExceptionMiddleware(app), denial_response=True)
    assert response[-1]["type"] == "websocket.close"
    assert response[-1]["code"] == 1008


async def test_a_websocket_handler_gets_the_websocket(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise StarError

    async def handle(socket: Any, exc: Exception) -> None:
        await socket.close(code=1013)

    response = await websocket(ExceptionMiddleware(app, handlers={StarError: handle}))
    assert response[-1]["code"] == 1013


async def test_a_subclass_may_render_http_exceptions_its_way(http: Any) -> None:
    class JSONErrors(ExceptionMiddleware):
        async def http_exception(self, request: Any, exc: Any) -> Any:
            return JSONResponse({"detail": exc.detail}, status_code=exc.status_code)

    for make in (raising, raising_function):
        response = await http(JSONErrors(make(HTTPException(404))))
        assert response.body == b'{"detail":"Not Found"}'


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (99, ValueError, "not an HTTP status code"),
        ("404", TypeError, "a status code or an exception class"),
        (KeyError("x"), TypeError, "a status code or an exception class"),
        (KeyboardInterrupt, TypeError, "must not be handled"),
        (True, TypeError, "a status code or an exception class"),
    ],
)
def test_a_key_that_is_none_is_rejected(key: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        ExceptionMiddleware(raising(KeyError()), handlers={key: responding("x")})


def test_a_handler_that_cannot_be_called_is_rejected() -> None:
    with pytest.raises(TypeError, match="exception handler for 404 must be a function"):
        ExceptionMiddleware(raising(KeyError()), handlers={404: "oops"})  # type: ignore[dict-item]


async def drop(message: Any) -> None: ...


@BOTH
async def test_a_discarded_response_lets_the_next_application_respond(http: Any, make: Any) -> None:
    first = ServerErrorMiddleware(ExceptionMiddleware(PlainTextResponse("nothing here", status_code=404)))
    second = make(StarError())

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await first(scope, receive, drop)
        await second(scope, receive, send)

    guarded = ServerErrorMiddleware(ExceptionMiddleware(cascade, handlers={StarError: responding("second")}))
    response = await http(guarded)
    assert (response.status, response.text, response.error) == (418, "second", None)
    response = await http(ServerErrorMiddleware(ExceptionMiddleware(cascade)))
    assert (response.status, response.sentence, type(response.error)) == (500, "Internal Server Error", StarError)


async def test_a_response_discarded_meanwhile_does_not_hide_that_ours_has_started(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await ServerErrorMiddleware(PlainTextResponse("sub"))(scope, receive, drop)
        raise StarError

    response = await http(ServerErrorMiddleware(ExceptionMiddleware(app, handlers={StarError: responding("second")})))
    assert (response.kinds, type(response.error)) == (["http.response.start"], StarError)


async def test_a_discarded_accept_leaves_the_handshake_open(websocket: Any) -> None:
    async def accepting(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await ExceptionMiddleware(accepting)(scope, receive, drop)
        await receive()
        raise HTTPException(401, "Who are you?")

    response = await websocket(ServerErrorMiddleware(ExceptionMiddleware(cascade)), denial_response=True)
    assert (response.status, response.text) == (401, "Who are you?")
