"""Loops that send: turns of the event loop, and peers that stall."""

from __future__ import annotations

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
        websocket = WebSocket({"type": "websocket"}, self.receive, self.send, limits=limits)
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
