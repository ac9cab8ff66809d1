"""Handlers by status code and class."""

from __future__ import annotations

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


def answering(text: str) -> Any:
    async def handle(request: Request, exc: Exception) -> Response:
        return PlainTextResponse(text, status_code=418)

    return handle


BOTH = pytest.mark.parametrize("make", [raising, raising_function])


@BOTH
async def test_an_http_exception_is_answered_without_a_handler(http: Any, make: Any) -> None:
    exc = HTTPException(403, "Not your star", headers={"X-Star": "Vega"})
    answer = await http(ExceptionMiddleware(make(exc)))
    assert (answer.status, answer.text, answer.headers["x-star"]) == (403, "Not your star", "Vega")
    assert answer.error is None


@BOTH
@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_content_is_answered_without_a_body(http: Any, make: Any, status: int) -> None:
    answer = await http(ExceptionMiddleware(make(HTTPException(status))))
    assert (answer.status, answer.body) == (status, b"")
    assert "content-length" not in answer.headers


@BOTH
async def test_the_status_comes_before_the_class(http: Any, make: Any) -> None:
    handlers = {HTTPException: answering("class"), 404: answering("status")}
    assert (await http(ExceptionMiddleware(make(HTTPException(404)), handlers=handlers))).text == "status"
    assert (await http(ExceptionMiddleware(make(HTTPException(403)), handlers=handlers))).text == "class"


@BOTH
async def test_the_nearest_class_is_in_charge(http: Any, make: Any) -> None:
    handlers = {Exception: answering("any"), StarError: answering("star")}
    assert (await http(ExceptionMiddleware(make(BrightStarError()), handlers=handlers))).text == "star"
    assert (await http(ExceptionMiddleware(make(KeyError()), handlers=handlers))).text == "any"


@BOTH
async def test_an_exception_nobody_is_in_charge_of_passes(http: Any, make: Any) -> None:
    error = KeyError("x")
    answer = await http(ExceptionMiddleware(make(error), handlers={StarError: answering("star")}))
    assert answer.error is error
    assert answer.sent == []


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

    answer = await http(ExceptionMiddleware(make(StarError()), handlers={StarError: handle}), body=b"stars")
    assert answer.body == b"stars"


@BOTH
async def test_a_shared_exception_object_collects_no_frames(http: Any, make: Any) -> None:
    exc = HTTPException(401)
    await http(ExceptionMiddleware(make(exc)))
    assert exc.__traceback__ is None


async def test_a_handler_may_answer_by_itself_and_return_nothing(http: Any) -> None:
    sends: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        sends.append(send)
        raise StarError

    async def handle(request: Request, exc: Exception) -> None:
        await PlainTextResponse("by itself")(request.scope, request.receive, sends[0])

    answer = await http(ExceptionMiddleware(app, handlers={StarError: handle}))
    assert answer.text == "by itself"
    assert answer.error is None


async def test_a_handler_that_gives_no_answer_leaves_the_exception_to_the_guard_outside(http: Any) -> None:
    async def handle(request: Request, exc: Exception) -> None:
        return None

    app = ServerErrorMiddleware(ExceptionMiddleware(raising(StarError()), handlers={StarError: handle}))
    answer = await http(app)
    assert answer.status == 500
    assert isinstance(answer.error, StarError)


async def test_an_exception_in_a_handler_goes_to_the_guard_outside(http: Any) -> None:
    async def handle(request: Request, exc: Exception) -> Response:
        raise KeyError("broken handler")

    app = ServerErrorMiddleware(ExceptionMiddleware(raising(StarError()), handlers={StarError: handle}))
    answer = await http(app)
    assert answer.status == 500
    assert isinstance(answer.error, KeyError)
    assert isinstance(answer.error.__context__, StarError)


async def test_pain_04_a_handler_is_called_after_the_response_began_and_the_connection_closed(
    http: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("OK")(scope, receive, send)
        raise StarError("late")

    told: list[str] = []

    async def handle(request: Request, exc: Exception) -> Response:
        told.append(str(exc))
        return PlainTextResponse("too late")

    guarded = ServerErrorMiddleware(ExceptionMiddleware(app, handlers={StarError: handle}))
    answer = await http(guarded)
    assert told == ["late"]
    assert (answer.status, answer.text) == (200, "OK")
    assert type(answer.error) is StarError
    assert [record.getMessage() for record in caplog.records] == [
        "StarError was raised after the response had begun on GET /"
    ]


async def test_background_work_that_fails_reaches_its_handler_and_no_second_response(http: Any) -> None:
    async def work() -> None:
        raise StarError("in the background")

    async def endpoint(request: Request) -> Response:
        return Response(status_code=204, background=work)

    told: list[str] = []

    async def handle(request: Request, exc: Exception) -> Response:
        told.append(str(exc))
        return PlainTextResponse("too late")

    answer = await http(ExceptionMiddleware(request_response(endpoint), handlers={StarError: handle}))
    assert answer.kinds == ["http.response.start", "http.response.body"]
    assert told == ["in the background"]


async def test_the_handlers_of_an_application_around_are_back_after_one_inside(http: Any) -> None:
    inner = ExceptionMiddleware(raising_function(KeyError()), handlers={StarError: answering("inner")})

    async def endpoint(request: Request) -> Response:
        with pytest.raises(KeyError):
            await inner(request.scope, request.receive, test_a_websocket_handler_gets_the_websocket)
        raise StarError

    outer = ExceptionMiddleware(request_response(endpoint), handlers={StarError: answering("outer")})
    assert (await http(outer)).text == "outer"


async def test_a_websocket_exception_closes_with_its_code(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise WebSocketException(1003, "text only")

    answer = await websocket(ExceptionMiddleware(app))
    assert answer.sent[-1] == {"type": "websocket.close", "code": 1003, "reason": "text only"}
    assert answer.error is None


@pytest.mark.parametrize("accepts", [True, False])
async def test_a_websocket_that_was_closed_is_not_closed_again(websocket: Any, accepts: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if accepts:
            await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4000})
        raise WebSocketException(1008)

    answer = await websocket(ServerErrorMiddleware(ExceptionMiddleware(app)))
    assert (answer.sent[-1], answer.error) == ({"type": "websocket.close", "code": 4000}, None)


async def test_an_http_exception_denies_a_handshake(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise HTTPException(401, "Who are you?")

    answer = await websocket(ExceptionMiddleware(app), denial=True)
    assert answer.kinds == ["websocket.http.response.start", "websocket.http.response.body"]
    assert (answer.status, answer.text) == (401, "Who are you?")


async def test_an_http_exception_closes_an_open_websocket(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise HTTPException(403)

    answer = await websocket(ExceptionMiddleware(app), denial=True)
    assert answer.sent[-1]["type"] == "websocket.close"
    assert answer.sent[-1]["code"] == 1008


async def test_a_websocket_handler_gets_the_websocket(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise StarError

    async def handle(socket: Any, exc: Exception) -> None:
        await socket.close(code=1013)

    answer = await websocket(ExceptionMiddleware(app, handlers={StarError: handle}))
    assert answer.sent[-1]["code"] == 1013


async def test_a_subclass_may_render_http_exceptions_its_way(http: Any) -> None:
    class JSONErrors(ExceptionMiddleware):
        async def http_exception(self, request: Any, exc: Any) -> Any:
            return JSONResponse({"detail": exc.detail}, status_code=exc.status_code)

    for make in (raising, raising_function):
        answer = await http(JSONErrors(make(HTTPException(404))))
        assert answer.body == b'{"detail":"Not Found"}'


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
def test_a_key_that_is_none_is_refused(key: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        ExceptionMiddleware(raising(KeyError()), handlers={key: answering("x")})


def test_a_handler_that_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="exception handler for 404 must be a function"):
        ExceptionMiddleware(raising(KeyError()), handlers={404: "oops"})  # type: ignore[dict-item]


async def drop(message: Any) -> None: ...


@BOTH
async def test_an_answer_that_was_thrown_away_leaves_the_next_application_free_to_answer(http: Any, make: Any) -> None:
    first = ServerErrorMiddleware(ExceptionMiddleware(PlainTextResponse("nothing here", status_code=404)))
    second = make(StarError())

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await first(scope, receive, drop)
        await second(scope, receive, send)

    guarded = ServerErrorMiddleware(ExceptionMiddleware(cascade, handlers={StarError: answering("second")}))
    answer = await http(guarded)
    assert (answer.status, answer.text, answer.error) == (418, "second", None)
    answer = await http(ServerErrorMiddleware(ExceptionMiddleware(cascade)))
    assert (answer.status, answer.text, type(answer.error)) == (500, "Internal Server Error", StarError)


async def test_an_answer_thrown_away_meanwhile_does_not_hide_that_ours_has_started(http: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await ServerErrorMiddleware(PlainTextResponse("sub"))(scope, receive, drop)
        raise StarError

    answer = await http(ServerErrorMiddleware(ExceptionMiddleware(app, handlers={StarError: answering("second")})))
    assert (answer.kinds, type(answer.error)) == (["http.response.start"], StarError)


async def test_a_websocket_that_was_accepted_for_nobody_leaves_the_handshake_to_be_answered(websocket: Any) -> None:
    async def accepting(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    async def cascade(scope: Any, receive: Any, send: Any) -> None:
        await ExceptionMiddleware(accepting)(scope, receive, drop)
        await receive()
        raise HTTPException(401, "Who are you?")

    answer = await websocket(ServerErrorMiddleware(ExceptionMiddleware(cascade)), denial=True)
    assert (answer.status, answer.text) == (401, "Who are you?")
