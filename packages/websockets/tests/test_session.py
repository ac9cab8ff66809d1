from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.websockets import (
    MalformedMessage,
    WebSocket,
    WebSocketDisconnect,
    WebSocketEndpoint,
    WebSocketLimits,
    handle_exception,
    websocket_session,
)


class Stop:
    """A stop signal of one event loop."""

    def __init__(self) -> None:
        self.event = anyio.Event()

    def is_set(self) -> bool:
        return self.event.is_set()

    async def wait(self) -> None:
        await self.event.wait()


def raising(error: Exception, *, after_accept: bool = True) -> Any:
    async def handler(websocket: WebSocket) -> None:
        if after_accept:
            await websocket.accept()
        raise error

    return websocket_session(handler)


def with_handlers(**scope: Any) -> dict[str, Any]:
    return {"armillary": {"exception_handlers": scope}}


def test_a_function_that_is_not_async_is_rejected() -> None:
    with pytest.raises(TypeError, match="async def"):
        websocket_session(lambda websocket: None)  # type: ignore[arg-type, return-value]


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "code"), [(409, 1008), (503, 1011)])
async def test_the_response_of_an_exception_handler_closes_an_accepted_connection_by_its_status(
    peer: Any, status: int, code: int
) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        raise LookupError

    async def respond(websocket: WebSocket, exc: Exception) -> Any:
        return SimpleNamespace(status_code=status)

    scope = {"armillary": {"exception_handlers": {LookupError: respond}}}
    assert (await peer(websocket_session(handler), **scope).run()).closed_with == (code, "")


@pytest.mark.anyio
async def test_a_connection_left_open_is_closed_with_1000(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()

    assert (await peer(websocket_session(handler)).run()).closed_with == (1000, "")


@pytest.mark.anyio
async def test_a_handshake_without_a_response_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None: ...

    assert (await peer(websocket_session(handler)).run()).types == ["close"]


@pytest.mark.anyio
async def test_a_disconnect_is_the_normal_end(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive_text()

    assert (await peer(websocket_session(handler)).disconnect().run()).types == ["accept"]


@pytest.mark.anyio
async def test_a_disconnect_in_several_tasks_of_the_handler_is_the_normal_end(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async def send() -> None:
            await websocket.wait_disconnected()
            await websocket.send_text("x")

        async with websocket, anyio.create_task_group() as group:
            group.start_soon(send)
            group.start_soon(send)

    assert (await peer(websocket_session(handler)).disconnect().run()).types == ["accept"]


@pytest.mark.anyio
@pytest.mark.parametrize("in_block", [True, False])
async def test_an_unhandled_exception_closes_with_1011_and_is_raised_as_it_is(peer: Any, in_block: bool) -> None:
    error = LookupError("x")

    async def handler(websocket: WebSocket) -> None:
        if in_block:
            async with websocket:
                raise error
        await websocket.accept()
        raise error

    connection = peer(websocket_session(handler))
    with pytest.raises(LookupError) as caught:
        await connection.run()
    assert caught.value is error
    assert connection.closed_with == (1011, "")


@pytest.mark.anyio
async def test_an_unhandled_exception_before_accept_is_left_to_the_server(peer: Any) -> None:
    connection = peer(raising(LookupError("x"), after_accept=False))
    with pytest.raises(LookupError):
        await connection.run()
    assert connection.sent == []


@pytest.mark.anyio
async def test_a_websocket_exception_closes_with_its_code_and_reason(peer: Any) -> None:
    connection = await peer(raising(WebSocketException(4001, "two\nlines"))).run()
    assert connection.closed_with == (4001, "two lines")


@pytest.mark.anyio
async def test_a_websocket_exception_before_accept_rejects_the_handshake(peer: Any) -> None:
    connection = await peer(raising(WebSocketException(1008, "no"), after_accept=False)).run()
    assert connection.types == ["close"]


@pytest.mark.anyio
async def test_a_websocket_exception_after_the_disconnect_is_ignored(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        async for _ in websocket.iter_text():
            pass
        raise WebSocketException(1008)

    assert (await peer(websocket_session(handler)).disconnect().run()).types == ["accept"]


@pytest.mark.anyio
async def test_a_websocket_exception_after_close_is_ignored(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000)
        raise WebSocketException(1008)

    assert (await peer(websocket_session(handler)).run()).closed_with == (4000, "")


@pytest.mark.anyio
async def test_malformed_json_closes_with_1007(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.receive_json()

    assert (await peer(websocket_session(handler)).text("{").run()).closed_with == (
        1007,
        "The message is not valid JSON: expecting property name enclosed in double quotes at line 1 column 2 (byte 1).",
    )


@pytest.mark.anyio
async def test_an_http_exception_before_accept_sends_its_denial_response(peer: Any) -> None:
    app = raising(HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"}), after_accept=False)
    connection = await peer(app).run()
    assert connection.denial_response == (401, b"Who are you?")
    assert dict(connection.sent[0]["headers"]) == {
        b"content-length": b"12",
        b"content-type": b"text/plain; charset=utf-8",
        b"www-authenticate": b"Bearer",
    }


@pytest.mark.anyio
async def test_an_http_exception_is_a_plain_rejection_without_the_denial_response_extension(peer: Any) -> None:
    connection = await peer(raising(HTTPException(404), after_accept=False), extensions={}).run()
    assert connection.closed_with == (1008, "Not Found")


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "code"), [(403, 1008), (404, 1008), (500, 1011), (503, 1011)])
async def test_an_http_exception_after_accept_closes(peer: Any, status: int, code: int) -> None:
    connection = await peer(raising(HTTPException(status, "why"))).run()
    assert connection.closed_with == (code, "why")


@pytest.mark.anyio
async def test_a_registered_handler_comes_first(peer: Any) -> None:
    async def on_lookup_error(websocket: WebSocket, exc: Exception) -> None:
        await websocket.send_text(f"sorry: {exc}")
        await websocket.close(4004)

    record = {"exception_handlers": {LookupError: on_lookup_error}}
    connection = await peer(raising(IndexError("x")), armillary=record).run()
    assert connection.texts == ["sorry: x"]
    assert connection.closed_with == (4004, "")


@pytest.mark.anyio
async def test_a_registered_handler_can_still_send_after_a_block(peer: Any) -> None:
    async def on_value_error(websocket: WebSocket, exc: Exception) -> None:
        await websocket.send_text("sorry")
        await websocket.close(4004)

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            raise ValueError

    record = {"exception_handlers": {ValueError: on_value_error}}
    connection = await peer(websocket_session(handler), armillary=record).run()
    assert connection.texts == ["sorry"]
    assert connection.closed_with == (4004, "")


@pytest.mark.anyio
async def test_a_registered_handler_can_still_receive_after_a_block(peer: Any) -> None:
    received: list[str] = []

    async def on_value_error(websocket: WebSocket, exc: Exception) -> None:
        with pytest.raises(RuntimeError, match="inside `async with websocket`"):
            await websocket.wait_disconnected()
        await websocket.send_text("sorry; anything else?")
        connection.text("third").disconnect()
        async for text in websocket.iter_text():
            received.append(text)

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            connection.text("first", "second")
            await anyio.wait_all_tasks_blocked()
            raise ValueError

    record = {"exception_handlers": {ValueError: on_value_error}}
    connection = peer(websocket_session(handler), armillary=record)
    await connection.run()
    assert received == ["first", "second", "third"]


@pytest.mark.anyio
async def test_handlers_may_be_sync_and_then_run_in_a_thread(peer: Any) -> None:
    threads: list[int] = []
    record = {"exception_handlers": {ValueError: lambda websocket, exc: threads.append(threading.get_ident())}}
    connection = await peer(raising(ValueError()), armillary=record).run()
    assert threads != [threading.get_ident()]
    assert len(threads) == 1
    assert connection.closed_with == (1000, "")


@pytest.mark.anyio
async def test_a_response_returned_by_a_handler_is_the_denial_response(peer: Any) -> None:
    async def teapot(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea"})

    async def on_403(websocket: WebSocket, exc: Exception) -> Any:
        return teapot

    record = {"exception_handlers": {403: on_403}}
    connection = await peer(raising(HTTPException(403), after_accept=False), armillary=record).run()
    assert connection.denial_response == (418, b"tea")


@pytest.mark.anyio
@pytest.mark.parametrize("error", [HTTPException(401), WebSocketException(1008), LookupError()])
async def test_a_peer_that_disconnected_before_the_response_is_the_normal_end(
    peer: Any, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armillary.websockets._sending._CLOSE_FRAME_WAIT_SECONDS", 0.01)

    async def on_lookup_error(websocket: WebSocket, exc: Exception) -> None:
        await websocket.accept()

    async def handler(websocket: WebSocket) -> None:
        await websocket.receive()
        connection.disconnected = True
        raise error

    record = {"exception_handlers": {LookupError: on_lookup_error}}
    connection = peer(websocket_session(handler), armillary=record)
    assert (await connection.run()).sent == []


@pytest.mark.anyio
async def test_a_handler_that_fails_closes_with_1011_and_its_failure_is_raised(peer: Any) -> None:
    async def on_lookup_error(websocket: WebSocket, exc: Exception) -> None:
        raise ZeroDivisionError from exc

    record = {"exception_handlers": {LookupError: on_lookup_error}}
    connection = peer(raising(LookupError()), armillary=record)
    with pytest.raises(ZeroDivisionError):
        await connection.run()
    assert connection.closed_with == (1011, "")


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 999, 5000])
def test_an_exception_with_a_code_that_may_not_be_sent_is_rejected_where_it_is_raised(code: int) -> None:
    with pytest.raises(ValueError, match=f"close code {code} may not be sent"):
        WebSocketException(code)
    with pytest.raises(TypeError, match="a close code is a number"):
        WebSocketException("policy")  # type: ignore[arg-type]


@pytest.mark.anyio
@pytest.mark.parametrize(("status", "code"), [(404, 1008), (422, 1008), (500, 1011), (503, 1011)])
@pytest.mark.parametrize("in_session", [True, False])
async def test_an_http_exception_of_the_block_closes_with_1008_or_1011_whoever_handles_it(
    peer: Any, status: int, code: int, in_session: bool
) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            raise HTTPException(status, "because")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with pytest.raises(HTTPException):
            await handler(WebSocket(scope, receive, send))

    assert (await peer(websocket_session(handler) if in_session else app).run()).closed_with == (code, "because")


@pytest.mark.anyio
async def test_handle_exception_returns_false_for_an_unknown_exception() -> None:
    websocket = WebSocket({"type": "websocket"}, None, None)  # type: ignore[arg-type]
    assert await handle_exception(websocket, LookupError()) is False
    assert await handle_exception(websocket, WebSocketDisconnect()) is True


@pytest.mark.anyio
async def test_class_and_limits_can_be_chosen(peer: Any) -> None:
    seen: list[Any] = []

    class Mine(WebSocket):
        pass

    async def handler(websocket: Mine) -> None:
        seen.extend([type(websocket), websocket.limits.idle_timeout])

    app = websocket_session(handler, websocket_class=Mine, limits=WebSocketLimits(idle_timeout=9))
    await peer(app).run()
    assert seen == [Mine, 9]


# Stopping


@pytest.mark.anyio
@pytest.mark.parametrize("in_block", [True, False])
async def test_a_stopping_server_closes_with_1001(peer: Any, in_block: bool) -> None:
    ended: list[int] = []

    async def handler(websocket: WebSocket) -> None:
        try:
            if in_block:
                async with websocket:
                    await websocket.receive_text()
            await websocket.accept()
            await websocket.receive_text()
        except WebSocketDisconnect as exc:
            ended.append(exc.code)

    stop = Stop()
    connection = peer(websocket_session(handler), armillary={"stopping": stop})
    async with anyio.create_task_group() as group:
        group.start_soon(connection.run)
        await anyio.sleep(0.01)
        stop.event.set()
        await anyio.sleep(0.01)
        assert connection.closed_with == (1001, "")
        connection.disconnect(1001)
    assert ended == [1001]


@pytest.mark.anyio
async def test_a_handler_that_only_sends_ends_with_1001(peer: Any) -> None:
    ended: list[int] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            while True:
                await websocket.send_text("tick")
                await anyio.sleep(0.001)
        except WebSocketDisconnect as exc:
            ended.append(exc.code)

    stop = Stop()
    connection = peer(websocket_session(handler), armillary={"stopping": stop})
    async with anyio.create_task_group() as group:
        group.start_soon(connection.run)
        await anyio.sleep(0.01)
        stop.event.set()
    assert ended == [1001]
    assert connection.closed_with == (1001, "")


@pytest.mark.anyio
async def test_a_handler_that_does_not_end_by_itself_is_cancelled(peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.websockets._stopping.GRACE_SECONDS", 0.02)
    cancelled: list[bool] = []

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            await anyio.sleep(60)
        except BaseException:
            cancelled.append(True)
            raise

    stop = Stop()
    stop.event.set()
    connection = await peer(websocket_session(handler), armillary={"stopping": stop}).run()
    assert cancelled == [True]
    assert connection.types[-1] == "close"


@pytest.mark.anyio
async def test_a_handler_that_accepts_while_the_server_stops_is_closed_with_1001(
    peer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armillary.websockets._stopping.GRACE_SECONDS", 0.3)

    async def handler(websocket: WebSocket) -> None:
        await anyio.sleep(0.01)
        await websocket.accept()
        await anyio.sleep(60)

    stop = Stop()
    stop.event.set()
    connection = await peer(websocket_session(handler), armillary={"stopping": stop}).run()
    assert connection.closed_with == (1001, "")


@pytest.mark.anyio
async def test_exceptions_keep_their_identity_with_a_stop_signal(peer: Any) -> None:
    error = LookupError("x")

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        raise error

    connection = peer(websocket_session(handler), armillary={"stopping": Stop()})
    with pytest.raises(LookupError) as caught:
        await connection.run()
    assert caught.value is error


@pytest.mark.anyio
async def test_a_handler_that_ends_is_not_delayed_by_the_stop_signal(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.send_text(await websocket.receive_text())

    connection = await peer(websocket_session(handler), armillary={"stopping": Stop()}).text("x").run()
    assert connection.types == ["accept", "send", "close"]


def test_malformed_message_has_a_reason() -> None:
    assert str(MalformedMessage()) == "1007: The message is not valid JSON"


@pytest.mark.anyio
async def test_without_a_router_the_scope_names_the_endpoint_and_a_routers_is_kept() -> None:
    seen: list[Any] = []

    async def chat(websocket: WebSocket) -> None:
        seen.append(websocket.scope["endpoint"])

    class Chat(WebSocketEndpoint):
        async def on_connect(self, websocket: WebSocket) -> None:
            seen.append(websocket.scope["endpoint"])
            await websocket.close()

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None: ...

    for app, endpoint in ((websocket_session(chat), chat), (Chat, Chat)):
        for given, expected in (({}, endpoint), ({"endpoint": "the route's"}, "the route's")):
            await app({"type": "websocket", "path": "/", "headers": [], "subprotocols": [], **given}, receive, send)
            assert seen.pop() == expected
