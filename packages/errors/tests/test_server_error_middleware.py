"""The outermost guard."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from armillary.asgi_types import ClientDisconnect
from armillary.errors import ServerErrorMiddleware
from armillary.http import JSONResponse, PlainTextResponse, Response, StreamingResponse

pytestmark = pytest.mark.anyio


async def failing(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("no star in sight")


async def failing_after_start(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("cut short")


async def test_an_unhandled_exception_is_a_500_without_detail_and_is_raised_on(http: Any) -> None:
    response = await http(ServerErrorMiddleware(failing))
    assert (response.status, response.sentence) == (500, "Internal Server Error")
    assert isinstance(response.error, RuntimeError)


async def test_the_exception_raised_on_is_the_very_one(http: Any) -> None:
    error = RuntimeError("same")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise error

    response = await http(ServerErrorMiddleware(ServerErrorMiddleware(app)))
    assert response.error is error
    assert response.kinds == ["http.response.start", "http.response.body"]


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_handler_gives_the_response(http: Any, is_async: bool) -> None:
    async def handle(request: Any, exc: Exception) -> Response:
        return JSONResponse({"detail": str(exc), "path": request.url.path}, status_code=503)

    def handle_in_thread(request: Any, exc: Exception) -> Response:
        return JSONResponse({"detail": str(exc), "path": request.url.path}, status_code=503)

    response = await http(ServerErrorMiddleware(failing, handler=handle if is_async else handle_in_thread), "/sky")
    assert response.status == 503
    assert response.body == b'{"detail":"no star in sight","path":"/sky"}'
    assert isinstance(response.error, RuntimeError)


async def test_a_handler_that_fails_leaves_the_plain_500_and_a_note_on_the_first_exception(http: Any) -> None:
    async def handle(request: Any, exc: Exception) -> Response:
        raise KeyError("template")

    response = await http(ServerErrorMiddleware(failing, handler=handle))
    assert response.sentence == "Internal Server Error"
    assert isinstance(response.error, RuntimeError)
    assert "KeyError" in response.error.__notes__[0]


async def test_nothing_is_sent_after_a_response_that_has_begun(http: Any) -> None:
    response = await http(ServerErrorMiddleware(failing_after_start, debug=True))
    assert response.kinds == ["http.response.start", "http.response.body"]
    assert isinstance(response.error, RuntimeError)


async def test_the_handler_gets_an_exception_after_the_response_began(http: Any) -> None:
    handled: list[Exception] = []

    async def handle(request: Any, exc: Exception) -> Response:
        handled.append(exc)
        return PlainTextResponse("too late")

    response = await http(ServerErrorMiddleware(failing_after_start, handler=handle))
    assert handled == [response.error]
    assert response.body == b"half"


async def test_an_exception_passing_two_guards_is_logged_once(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    handled: list[Exception] = []

    async def handle(request: Any, exc: Exception) -> None:
        handled.append(exc)

    inner = ServerErrorMiddleware(failing, handler=handle)
    await http(ServerErrorMiddleware(inner, handler=handle), "/a\nb")
    records = [record for record in caplog.records if record.name == "armillary.errors"]
    assert len(records) == 1
    assert records[0].exc_info is not None
    assert records[0].getMessage() == "RuntimeError was not handled on 'GET /a\\nb'"
    assert len(handled) == 2, "the inner one gave no response, so the outer one is asked"


async def test_an_exception_is_not_printed_twice_if_logging_is_not_configured(
    http: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("armillary.errors"), "propagate", False)
    await http(ServerErrorMiddleware(failing))
    assert capsys.readouterr().err == ""


async def test_a_client_that_disconnected_is_no_server_error(http: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise ClientDisconnect

    async def send_nothing(message: Any) -> None:
        raise AssertionError("nothing is sent to a disconnected client")

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await ServerErrorMiddleware(app)(scope, None, send_nothing)  # type: ignore[arg-type]
    assert caplog.records == []


async def test_a_streamed_response_that_fails_is_raised_on_without_a_group(http: Any) -> None:
    async def chunks() -> Any:
        yield b"one"
        raise RuntimeError("the star set")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await StreamingResponse(chunks())(scope, receive, send)

    response = await http(ServerErrorMiddleware(app))
    assert type(response.error) is RuntimeError
    assert response.kinds == ["http.response.start", "http.response.body"]


async def test_a_failed_websocket_is_closed_with_1011_and_the_exception_raised_on(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise RuntimeError("no star in sight")

    response = await websocket(ServerErrorMiddleware(app))
    assert [(message["type"], message.get("code")) for message in response] == [
        ("websocket.accept", None),
        ("websocket.close", 1011),
    ]
    assert isinstance(response.error, RuntimeError)


async def test_a_closed_websocket_is_not_closed_again(websocket: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})
        raise RuntimeError("afterwards")

    response = await websocket(ServerErrorMiddleware(app))
    assert response.kinds == ["websocket.accept", "websocket.close"]


async def test_an_unfinished_handshake_is_left_to_the_server(websocket: Any) -> None:
    response = await websocket(ServerErrorMiddleware(failing))
    assert response == []
    assert isinstance(response.error, RuntimeError)


async def test_other_scopes_pass_through_untouched() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend((scope, receive, send))

    scope = {"type": "lifespan"}
    await ServerErrorMiddleware(app)(scope, test_other_scopes_pass_through_untouched, print)  # type: ignore[arg-type]
    assert seen == [{"type": "lifespan"}, test_other_scopes_pass_through_untouched, print]


async def test_a_server_that_lost_the_client_does_not_hide_the_exception() -> None:
    async def send(message: Any) -> None:
        raise OSError("disconnected")

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(RuntimeError) as caught:
        await ServerErrorMiddleware(failing)(scope, None, send)  # type: ignore[arg-type]
    assert not hasattr(caught.value, "__notes__")


def test_a_handler_that_cannot_be_called_is_rejected_by_name() -> None:
    with pytest.raises(TypeError, match="handler must be a function"):
        ServerErrorMiddleware(failing, handler="oops")  # type: ignore[arg-type]
