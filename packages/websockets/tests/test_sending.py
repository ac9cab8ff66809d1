"""Loops that send: turns of the event loop, and peers that stall."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import anyio
import pytest

from armillary.websockets import (
    NO_LIMITS,
    WebSocket,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketLimits,
)


class Server:
    """The callables of a server whose sends never suspend, as those of wsproto; `stalls` makes them wait for ever.

    The next `slow` sends suspend once each.
    """

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.stalls = False
        self.slow = 0

    async def receive(self) -> dict[str, Any]:
        if self.sent:
            await anyio.sleep_forever()
        return {"type": "websocket.connect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)
        if self.slow:
            self.slow -= 1
            await anyio.lowlevel.checkpoint()
        if self.stalls:
            await anyio.sleep_forever()

    async def accepted(self, limits: WebSocketLimits | None = None) -> WebSocket:
        # As this version says, a send raises once the peer has left: nothing else looks for that, which waits too.
        scope = {"type": "websocket", "asgi": {"version": "3.0", "spec_version": "2.4"}}
        websocket = WebSocket(scope, self.receive, self.send, limits=limits)
        await websocket.accept()
        return websocket


@pytest.mark.anyio
@pytest.mark.parametrize("limits", [WebSocketLimits(), NO_LIMITS], ids=["limits", "none"])
@pytest.mark.parametrize("kind", ["text", "bytes", "json", "message"])
@pytest.mark.parametrize("slow", [0, 3], ids=["", "after three that suspended"])
async def test_a_loop_whose_sends_never_suspend_gives_others_a_turn(
    limits: WebSocketLimits, kind: str, slow: int
) -> None:
    server = Server()
    websocket = await server.accepted(limits)
    server.slow = slow
    send = {
        "text": lambda: websocket.send_text("x"),
        "bytes": lambda: websocket.send_bytes(b"x"),
        "json": lambda: websocket.send_json({}),
        "message": lambda: websocket.send({"type": "websocket.send", "text": "x"}),
    }[kind]
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await anyio.lowlevel.checkpoint()
            turns += 1

    async with anyio.create_task_group() as group:
        group.start_soon(count)
        await anyio.lowlevel.checkpoint()
        for _ in range(slow):
            await send()
        before = turns
        for _ in range(640):
            await send()
        after = turns
        group.cancel_scope.cancel()
    assert after - before >= 9


@pytest.mark.anyio
async def test_a_loop_whose_sends_never_suspend_can_be_cancelled() -> None:
    websocket = await Server().accepted()
    with anyio.move_on_after(0.01) as scope:
        while True:
            await websocket.send_text("x")
    assert scope.cancelled_caught


def test_a_send_may_wait_for_30_seconds_by_default() -> None:
    assert WebSocketLimits().send_timeout == 30
    assert WebSocket.limits.send_timeout == 30
    assert NO_LIMITS.send_timeout is None


@pytest.mark.anyio
async def test_a_stalled_peer_does_not_hold_a_broadcast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.websockets._sending._CLOSE_SECONDS", 0.05)
    limits = WebSocketLimits(send_timeout=0.05)
    servers = [Server(), Server(), Server()]
    room = [await server.accepted(limits) for server in servers]
    servers[1].stalls = True
    ends: list[tuple[int, str]] = []
    with anyio.fail_after(5):
        for websocket in room:
            try:
                await websocket.send_text("news")
            except WebSocketDisconnect as exc:
                ends.append((exc.code, exc.reason))
    assert ends == [(1013, "The peer read nothing for 0.05 seconds")]
    assert [server.sent[-1].get("text") for server in (servers[0], servers[2])] == ["news", "news"]
    assert servers[1].sent[-1]["code"] == 1013
    with pytest.raises(WebSocketDisconnected):
        await room[1].send_text("more")


@pytest.mark.anyio
async def test_a_time_out_of_the_servers_socket_is_a_broken_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armillary.websockets._sending._CLOSE_FRAME_WAIT_SECONDS", 0.01)

    class Broken(Server):
        async def send(self, message: dict[str, Any]) -> None:
            if message["type"] == "websocket.send":
                raise TimeoutError(110, "Connection timed out")
            await super().send(message)

    websocket = await Broken().accepted()
    with pytest.raises(WebSocketDisconnect) as caught:
        await websocket.send_text("x")
    assert caught.value.code == 1006


@pytest.mark.anyio
async def test_a_cancelled_send_is_a_cancellation_and_no_time_out() -> None:
    server = Server()
    websocket = await server.accepted()
    server.stalls = True
    with anyio.move_on_after(0.02) as scope:
        await websocket.send_text("x")
    assert scope.cancelled_caught
    assert server.sent[-1]["type"] == "websocket.send"


class DroppingServer:
    """The callables of a server that drops what is sent to a peer that has left, as hypercorn and granian do."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = [{"type": "websocket.connect"}, *messages]
        self.sent = 0
        self.changed = anyio.Event()
        self.receiving = 0

    async def receive(self) -> dict[str, Any]:
        self.receiving += 1
        assert self.receiving == 1, "receive is for one task at a time"
        try:
            while not self.messages:
                await self.changed.wait()
            return self.messages.pop(0)
        finally:
            self.receiving -= 1

    def put(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self.changed.set()
        self.changed = anyio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        self.sent += 1

    async def accepted(self, spec_version: str = "2.3") -> WebSocket:
        scope = {"type": "websocket", "asgi": {"version": "3.0", "spec_version": spec_version}}
        websocket = WebSocket(scope, self.receive, self.send)
        await websocket.accept()
        return websocket


DISCONNECT = {"type": "websocket.disconnect", "code": 4001}


@pytest.mark.anyio
async def test_sends_by_hand_end_once_the_peer_has_left_a_server_that_drops_them() -> None:
    server = DroppingServer(DISCONNECT)
    websocket = await server.accepted()
    with pytest.raises(WebSocketDisconnect) as caught, anyio.fail_after(5):
        while True:
            await websocket.send_text("tick")
    assert caught.value.code == 4001
    assert server.sent <= 64
    with pytest.raises(WebSocketDisconnected):
        await websocket.send_text("tick")


@pytest.mark.anyio
@pytest.mark.parametrize("receive", ["receive", "receive_text", "receive_bytes"])
async def test_sends_by_hand_end_also_after_a_receive_that_was_given_up(receive: str) -> None:
    server = DroppingServer()
    websocket = await server.accepted()
    with anyio.move_on_after(0.01):
        await getattr(websocket, receive)()
    server.put(DISCONNECT)
    with pytest.raises(WebSocketDisconnect), anyio.fail_after(5):
        while True:
            await websocket.send_text("tick")
    assert server.sent <= 64


@pytest.mark.anyio
async def test_slow_sends_by_hand_end_at_the_eighth() -> None:
    server = DroppingServer(DISCONNECT)
    websocket = await server.accepted()
    with pytest.raises(WebSocketDisconnect):
        for _ in range(9):
            await anyio.sleep(0.002)
            await websocket.send_text("tick")
    assert server.sent <= 8


@pytest.mark.anyio
async def test_messages_that_a_look_for_the_end_has_taken_are_received_in_order() -> None:
    server = DroppingServer(*({"type": "websocket.receive", "text": str(number)} for number in range(100)))
    websocket = await server.accepted()
    for _ in range(64):
        await websocket.send_text("tick")
    assert not server.messages
    server.put({"type": "websocket.receive", "text": "100"})
    server.put(DISCONNECT)
    for _ in range(50):
        await websocket.receive_text()
    async with websocket:  # the reader begins with what was taken
        assert [text async for text in websocket.iter_text()] == [str(number) for number in range(50, 101)]


@pytest.mark.anyio
async def test_a_message_over_the_limit_that_a_look_has_taken_closes_all_the_same() -> None:
    server = DroppingServer({"type": "websocket.receive", "text": "x" * 2_000_000})
    websocket = await server.accepted()
    for _ in range(64):
        await websocket.send_text("tick")
    with pytest.raises(WebSocketDisconnect) as caught:
        await websocket.receive_text()
    assert caught.value.code == 1009


@pytest.mark.anyio
async def test_no_send_receives_while_a_task_of_the_handler_does() -> None:
    server = DroppingServer()
    websocket = await server.accepted()
    texts: list[str] = []

    async def read() -> None:
        texts.extend([text async for text in websocket.iter_text()])

    async with anyio.create_task_group() as group:
        for turn in range(10):
            if turn == 1:
                group.start_soon(read)
            for _ in range(63 if turn == 1 else 64):
                await websocket.send_text("tick")
            server.put({"type": "websocket.receive", "text": str(turn)})
        server.put(DISCONNECT)
    assert texts == [str(turn) for turn in range(10)]


@pytest.mark.anyio
async def test_a_server_whose_sends_fail_is_asked_for_no_message_by_a_send() -> None:
    server = DroppingServer(DISCONNECT)
    websocket = await server.accepted("2.4")
    for _ in range(200):
        await websocket.send_text("tick")
    assert server.messages == [DISCONNECT]


@pytest.mark.anyio
@pytest.mark.parametrize("in_block", [False, True])
async def test_a_loop_that_receives_what_has_come_gives_others_a_turn(in_block: bool) -> None:
    server = DroppingServer(*({"type": "websocket.receive", "text": "x"} for _ in range(200)))
    websocket = await server.accepted()
    received = 0
    seen: list[int] = []

    async def watch() -> None:
        while received < 200:
            seen.append(received)
            await anyio.lowlevel.checkpoint()

    async def read() -> None:
        nonlocal received
        for _ in range(200):
            await websocket.receive_text()
            received += 1

    async with AsyncExitStack() as stack:
        if in_block:
            await stack.enter_async_context(websocket)
            while server.messages:
                await anyio.lowlevel.checkpoint()
        group = await stack.enter_async_context(anyio.create_task_group())
        group.start_soon(watch)
        group.start_soon(read)
    assert max(later - earlier for earlier, later in zip(seen, [*seen[1:], 200], strict=True)) <= 128


@pytest.mark.anyio
async def test_data_of_another_kind_is_an_error_that_names_the_method_to_call() -> None:
    server = Server()
    websocket: Any = await server.accepted()
    sent = len(server.sent)
    for call, said in (
        (lambda: websocket.send_text({"a": 1}), r"send_text takes text, got dict; write send_json\(...\)"),
        (lambda: websocket.send_text(b"x"), r"send_text takes text, got bytes; write send_bytes\(...\)"),
        (lambda: websocket.send_text(bytearray(b"x")), r"got bytearray; write send_bytes\(...\)"),
        (lambda: websocket.send_text(memoryview(b"x")), r"got memoryview; write send_bytes\(...\)"),
        (lambda: websocket.send_bytes("x"), r"send_bytes takes bytes, got str; write send_text\(...\)"),
        (lambda: websocket.send("hi"), r"send takes an ASGI message, got 'hi'; write send_text, send_bytes or"),
    ):
        with pytest.raises(TypeError, match=said):
            await call()
    with pytest.raises(TypeError) as raised:
        await websocket.send("x" * 100_000)
    assert len(str(raised.value)) < 200
    assert len(server.sent) == sent
    for data in (bytearray(b"x"), memoryview(b"x")):
        await websocket.send_bytes(data)
    await websocket.send_text(type("Text", (str,), {})("x"))
    assert len(server.sent) == sent + 3
