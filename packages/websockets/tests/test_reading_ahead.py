from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from armillary.asgi_types import WebSocketException
from armillary.websockets import WebSocket, WebSocketDisconnect, WebSocketLimits


def application(handler: Any, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await handler(WebSocket(scope, receive, send, **options))

    return app


@pytest.mark.anyio
async def test_the_block_accepts_and_closes(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket as same:
            assert same is websocket
            await websocket.send_text("hello")

    connection = await peer(application(handler)).run()
    assert connection.types == ["accept", "send", "close"]
    assert connection.closed_with == (1000, "")


@pytest.mark.anyio
async def test_the_block_takes_an_accepted_connection(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept("chat")
        async with websocket:
            pass

    connection = await peer(application(handler), subprotocols=["chat"]).run()
    assert connection.types == ["accept", "close"]


@pytest.mark.anyio
async def test_closing_inside_the_block_is_enough(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.close(4000, "done")

    assert (await peer(application(handler)).run()).closed_with == (4000, "done")


@pytest.mark.anyio
async def test_messages_read_ahead_keep_their_order(peer: Any) -> None:
    seen: list[str] = []

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await anyio.sleep(0.01)
            async for text in websocket.iter_text():
                seen.append(text)

    await peer(application(handler)).text(*map(str, range(50))).disconnect().run()
    assert seen == [str(number) for number in range(50)]


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [True, False], ids=["server raises OSError", "server is silent"])
async def test_a_handler_that_only_sends_detects_the_disconnect(peer: Any, fails: bool) -> None:
    codes: list[int] = []

    async def handler(websocket: WebSocket) -> None:
        try:
            async with websocket:
                while True:
                    await websocket.send_text("tick")
                    await anyio.sleep(0.001)
        except WebSocketDisconnect as exc:
            codes.append(exc.code)

    connection = peer(application(handler))
    connection.fails_after_disconnect = fails
    async with anyio.create_task_group() as group:
        group.start_soon(connection.run)
        await anyio.sleep(0.01)
        connection.disconnect(1001)
    assert codes == [1001]
    assert connection.closed_with is None


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["text", "bytes", "json", "with a time limit"])
@pytest.mark.parametrize("late", [0, 1, 20], ids=["at once", "one step later", "many steps later"])
@pytest.mark.parametrize("read_ahead", [True, False], ids=["read ahead", "by hand"])
async def test_a_send_that_fails_before_the_close_frame_is_read_raises_the_peers_code(
    peer: Any, kind: str, late: int, read_ahead: bool
) -> None:
    raised: list[Any] = []

    class Server(peer):  # type: ignore[misc]
        """Its sends fail some steps before it has read why."""

        async def receive(self) -> dict[str, Any]:
            message: dict[str, Any] = await super().receive()
            if message["type"] == "websocket.disconnect":
                for _ in range(late):
                    await anyio.lowlevel.checkpoint()
            return message

        async def send(self, message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                self.disconnect(4005, "done")
                raise OSError("disconnected")
            self.sent.append(message)

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        async with websocket if read_ahead else nullcontext():
            send = {"bytes": lambda: websocket.send_bytes(b"x"), "json": lambda: websocket.send_json("x")}
            with pytest.raises(WebSocketDisconnect) as caught:
                await send.get(kind, lambda: websocket.send_text("x"))()
            raised.append((caught.value.code, caught.value.reason, type(caught.value.__cause__)))
            with pytest.raises(WebSocketDisconnect) as caught:
                await websocket.send_text("x")
            raised.append((caught.value.code, caught.value.reason, None))

    limits = WebSocketLimits(send_timeout=5) if kind == "with a time limit" else WebSocketLimits()
    await Server(application(handler, limits=limits)).run()
    assert raised == [(4005, "done", OSError), (4005, "done", None)]


@pytest.mark.anyio
@pytest.mark.parametrize("read_ahead", [True, False])
async def test_a_send_that_fails_is_1006_if_the_server_reports_no_disconnect(
    peer: Any, read_ahead: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("armillary.websockets._sending._CLOSE_FRAME_WAIT_SECONDS", 0.01)
    codes: list[int] = []

    class Server(peer):  # type: ignore[misc]
        async def send(self, message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                raise OSError("disconnected")
            self.sent.append(message)

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            if read_ahead:
                async with websocket:
                    await websocket.send_text("x")
            else:
                await websocket.send_text("x")
        except WebSocketDisconnect as exc:
            codes.append(exc.code)

    await Server(application(handler)).run()
    assert codes == [1006]


@pytest.mark.anyio
async def test_messages_before_the_close_frame_do_not_hide_its_code() -> None:
    waiting: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    waiting.extend({"type": "websocket.receive", "text": "late"} for _ in range(200))
    waiting.append({"type": "websocket.disconnect", "code": 4005})

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            raise OSError("disconnected")

    websocket = WebSocket({"type": "websocket"}, receive, send)
    await websocket.accept()
    with pytest.raises(WebSocketDisconnect) as caught:
        await websocket.send_text("x")
    assert caught.value.code == 4005


@pytest.mark.anyio
async def test_a_send_that_fails_takes_no_disconnect_from_a_task_that_waits_to_receive(peer: Any) -> None:
    codes: dict[str, int] = {}

    class Server(peer):  # type: ignore[misc]
        async def send(self, message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                raise OSError("disconnected")
            self.sent.append(message)

    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()

        async def receive() -> None:
            with pytest.raises(WebSocketDisconnect) as caught:
                await websocket.receive_text()
            codes["received"] = caught.value.code

        async with anyio.create_task_group() as group:
            group.start_soon(receive)
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            with pytest.raises(WebSocketDisconnect) as caught:
                await websocket.send_text("x")
            codes["sent"] = caught.value.code
            connection.disconnect(4005)

    connection = Server(application(handler))
    await connection.run()
    assert codes == {"received": 4005, "sent": 1006}


@pytest.mark.anyio
async def test_a_handler_that_waits_for_something_else_can_wait_for_the_end_too(peer: Any) -> None:
    seen: list[str] = []

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.wait_disconnected()
            seen.append(websocket.client_state.name)

    await peer(application(handler)).disconnect().run()
    assert seen == ["DISCONNECTED"]


@pytest.mark.anyio
async def test_waiting_for_the_end_needs_the_reader(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(RuntimeError, match="inside `async with websocket`"):
            await websocket.wait_disconnected()
        await websocket.close()

    await peer(application(handler)).run()


@pytest.mark.anyio
async def test_messages_sent_before_the_disconnect_are_still_delivered(peer: Any) -> None:
    seen: list[str] = []

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.wait_disconnected()
            with pytest.raises(WebSocketDisconnect):
                await websocket.send_text("too late")
            async for text in websocket.iter_text():
                seen.append(text)

    await peer(application(handler)).text("last", "words").disconnect().run()
    assert seen == ["last", "words"]


@pytest.mark.anyio
async def test_an_exception_of_the_block_leaves_it_as_it_is_and_closes_with_1011(peer: Any) -> None:
    error = LookupError("mine")

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            raise error

    connection = peer(application(handler))
    with pytest.raises(LookupError) as caught:
        await connection.run()
    assert caught.value is error
    assert connection.closed_with == (1011, "")


@pytest.mark.anyio
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
async def test_an_exit_of_the_process_leaves_the_block_as_it_is(peer: Any, error: BaseException) -> None:
    left: list[BaseException] = []

    async def handler(websocket: WebSocket) -> None:
        try:
            async with websocket:
                raise error
        except BaseException as exc:
            left.append(exc)

    assert (await peer(application(handler)).run()).closed_with == (1001, "")
    assert left == [error]


@pytest.mark.anyio
async def test_a_websocket_exception_of_the_block_closes_with_its_code(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            raise WebSocketException(4003, "not\nyours " + "x" * 200)

    connection = peer(application(handler))
    with pytest.raises(WebSocketException):
        await connection.run()
    code, reason = connection.closed_with
    assert code == 4003
    assert reason.startswith("not yours x")
    assert len(reason) == 123


@pytest.mark.anyio
async def test_a_cancelled_block_closes_with_1001(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await anyio.sleep(60)

    connection = peer(application(handler))
    with anyio.move_on_after(0.02) as scope:
        await connection.run()
    assert scope.cancelled_caught
    assert connection.closed_with == (1001, "")


@pytest.mark.anyio
async def test_a_deadline_around_the_block_works(peer: Any) -> None:
    ended: list[bool] = []

    async def handler(websocket: WebSocket) -> None:
        with anyio.move_on_after(0.02) as scope:
            async with websocket:
                await websocket.receive_text()
        ended.append(scope.cancelled_caught)

    await peer(application(handler)).run()
    assert ended == [True]


@pytest.mark.anyio
async def test_a_servers_fault_reaches_the_handler_without_a_group() -> None:
    messages = [{"type": "websocket.connect"}, {"type": "websocket.connect"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None: ...

    with pytest.raises(RuntimeError, match=r'Expected ASGI message "websocket\.receive"'):
        async with WebSocket({"type": "websocket"}, receive, send) as websocket:
            await websocket.receive_text()


@pytest.mark.anyio
async def test_entering_twice_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            with pytest.raises(RuntimeError, match="once"):
                await websocket.__aenter__()

    await peer(application(handler)).run()


@pytest.mark.anyio
async def test_two_tasks_may_receive_and_send_at_once(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async def consume() -> None:
            async for text in websocket.iter_text():
                await websocket.send_text(text)
                if len(connection.texts) == 20:
                    connection.fails_after_disconnect = False
                    connection.disconnect()

        async with websocket, anyio.create_task_group() as group:
            group.start_soon(consume)
            group.start_soon(consume)

    connection = peer(application(handler)).text(*map(str, range(20)))
    await connection.run()
    assert sorted(connection.texts, key=int) == [str(number) for number in range(20)]


@pytest.mark.anyio
async def test_closing_from_one_task_ends_another_that_waits_to_receive(peer: Any) -> None:
    ended: list[str] = []

    async def handler(websocket: WebSocket) -> None:
        async def consume() -> None:
            async for _ in websocket.iter_text():
                pass
            ended.append("consume")

        async with websocket, anyio.create_task_group() as group:
            group.start_soon(consume)
            await anyio.sleep(0.01)
            await websocket.close(4000)

    assert (await peer(application(handler)).run()).closed_with == (4000, "")
    assert ended == ["consume"]


# Limits


@pytest.mark.anyio
async def test_more_unread_messages_than_allowed_close_with_1008(peer: Any) -> None:
    codes: list[int] = []

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.wait_disconnected()
            for late in (websocket.receive_text(), websocket.send_text("x")):
                with pytest.raises(WebSocketDisconnect) as caught:
                    await late
                codes.append(caught.value.code)

    app = application(handler, limits=WebSocketLimits(max_queued_messages=3))
    connection = await peer(app).text("1", "2", "3", "4", "5").run()
    assert codes == [1008, 1008]
    assert connection.closed_with == (1008, "Too many unread messages")


@pytest.mark.anyio
async def test_more_unread_bytes_than_allowed_close_with_1008(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            await websocket.wait_disconnected()

    limits = WebSocketLimits(max_message_size=4, max_queued_bytes=8)
    assert (await peer(application(handler, limits=limits)).text("éé", "éé").bytes(b"x").run()).closed_with == (
        1008,
        "Too many unread messages",
    )


@pytest.mark.anyio
async def test_messages_that_are_read_do_not_count(peer: Any) -> None:
    seen: list[str] = []

    async def handler(websocket: WebSocket) -> None:
        async with websocket:
            async for text in websocket.iter_text():
                seen.append(text)
                connection.text("x") if len(seen) < 20 else connection.disconnect()

    limits = WebSocketLimits(max_queued_messages=2, max_message_size=2, max_queued_bytes=2)
    connection = peer(application(handler, limits=limits)).text("x")
    await connection.run()
    assert len(seen) == 20


async def receive_once(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_message()


async def receive_once_in_block(websocket: WebSocket) -> None:
    async with websocket:
        await websocket.receive_message()


both_ways = pytest.mark.parametrize("handler", [receive_once, receive_once_in_block])


@pytest.mark.anyio
@both_ways
@pytest.mark.parametrize("payload", ["x" * 11, "é" * 6, b"x" * 11, "\ud800" * 4])
async def test_a_message_larger_than_allowed_closes_with_1009(peer: Any, handler: Any, payload: str | bytes) -> None:
    connection = peer(application(handler, limits=WebSocketLimits(max_message_size=10)))
    connection.text(payload) if isinstance(payload, str) else connection.bytes(payload)
    with pytest.raises(WebSocketDisconnect) as caught:
        await connection.run()
    assert caught.value.code == 1009
    assert connection.closed_with == (1009, "Messages may have at most 10 bytes")


@pytest.mark.anyio
@both_ways
@pytest.mark.parametrize("payload", ["x" * 10, "é" * 5, b"x" * 10])
async def test_a_message_of_just_the_size_allowed_passes(peer: Any, handler: Any, payload: str | bytes) -> None:
    connection = peer(application(handler, limits=WebSocketLimits(max_message_size=10)))
    connection.text(payload) if isinstance(payload, str) else connection.bytes(payload)
    await connection.run()


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["receive_text", "receive_bytes", "receive_json", "receive"])
async def test_every_way_of_receiving_is_limited(peer: Any, method: str) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await getattr(websocket, method)()

    connection = peer(application(handler, limits=WebSocketLimits(max_message_size=10)))
    connection.bytes(b"x" * 11) if method == "receive_bytes" else connection.text("x" * 11)
    with pytest.raises(WebSocketDisconnect) as caught:
        await connection.run()
    assert caught.value.code == 1009


@pytest.mark.anyio
@both_ways
async def test_a_silent_peer_is_closed_with_1001(peer: Any, handler: Any) -> None:
    connection = peer(application(handler, limits=WebSocketLimits(idle_timeout=0.02)))
    with pytest.raises(WebSocketDisconnect) as caught:
        await connection.run()
    assert caught.value.code == 1001
    assert connection.closed_with == (1001, "No message within 0.02 seconds")


@pytest.mark.anyio
async def test_a_peer_that_keeps_talking_is_not_idle(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        for _ in range(4):
            await websocket.receive_text()
        await websocket.close()

    connection = peer(application(handler, limits=WebSocketLimits(idle_timeout=0.5)))
    async with anyio.create_task_group() as group:
        group.start_soon(connection.run)
        for _ in range(4):
            await anyio.sleep(0.01)
            connection.text("x")
    assert connection.closed_with == (1000, "")


@pytest.mark.anyio
async def test_a_peer_that_reads_nothing_is_closed_with_1013() -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            await anyio.sleep(60)

    websocket = WebSocket({"type": "websocket"}, receive, send, limits=WebSocketLimits(send_timeout=0.02))
    await websocket.accept()
    with anyio.fail_after(5), pytest.raises(WebSocketDisconnect) as caught:
        await websocket.send_text("x")
    assert caught.value.code == 1013
    assert sent[-1]["code"] == 1013
    with pytest.raises(WebSocketDisconnect):
        await websocket.send_text("x")


@pytest.mark.parametrize(
    "name", ["max_message_size", "max_queued_messages", "max_queued_bytes", "idle_timeout", "send_timeout"]
)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_that_is_not_positive_is_rejected(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} above 0"):
        WebSocketLimits(**{name: value})  # type: ignore[arg-type]


def test_a_queue_that_cannot_hold_one_message_is_rejected() -> None:
    with pytest.raises(ValueError, match="max_queued_bytes"):
        WebSocketLimits(max_message_size=100, max_queued_bytes=99)
    with pytest.raises(ValueError, match="max_queued_bytes"):
        WebSocketLimits(max_message_size=None)


def test_limits_have_a_repr() -> None:
    assert "max_message_size=10" in repr(WebSocketLimits(max_message_size=10))
