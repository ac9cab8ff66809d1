from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from testkit import ASYNCIO

from armillary.concurrency import LookAhead

pytestmark = pytest.mark.anyio


class Server:
    """A `receive` whose cancelled call loses the next message, as granian's does, if `is_lossy`."""

    def __init__(self, is_lossy: bool = True) -> None:
        self.is_lossy = is_lossy
        self.messages: list[dict[str, Any]] = []
        self.changed = anyio.Event()
        self.waiting = 0

    def put(self, kind: str) -> None:
        self.messages.append({"type": kind})
        self.changed.set()
        self.changed = anyio.Event()

    async def receive(self) -> dict[str, Any]:
        self.waiting += 1
        try:
            while not self.messages:
                await self.changed.wait()
            return self.messages.pop(0)
        except anyio.get_cancelled_exc_class():
            if self.is_lossy:
                self.messages.append({"type": "lost"})
            raise
        finally:
            self.waiting -= 1


async def test_a_look_returns_what_has_come_and_none_before() -> None:
    server = Server(is_lossy=False)
    ahead = LookAhead(server.receive)
    assert await ahead.look() is None
    server.put("a")
    assert await ahead.look() == {"type": "a"}
    assert await ahead.look() is None


@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
async def test_no_message_is_lost_by_a_server_that_loses_one_with_a_cancelled_receive() -> None:
    server = Server()
    ahead = LookAhead(server.receive)
    for _ in range(3):
        assert await ahead.look() is None
    with anyio.move_on_after(0.01):
        await ahead.receive()
    server.put("a")
    server.put("b")
    assert [await ahead.receive(), await ahead.receive()] == [{"type": "a"}, {"type": "b"}]


async def test_the_error_of_a_receive_is_raised_by_the_look_or_by_the_receive_after_it() -> None:
    async def broken() -> dict[str, Any]:
        await anyio.lowlevel.checkpoint()
        raise ConnectionResetError("broken")

    ahead = LookAhead(broken)
    with pytest.raises(ConnectionResetError):
        await ahead.look()
    with pytest.raises(ConnectionResetError):
        await ahead.receive()


@pytest.mark.parametrize("anyio_backend", [ASYNCIO])
@pytest.mark.parametrize("end", ["stop", "task"])
async def test_the_receiving_ends_by_stop_and_with_the_task_that_looked(end: str) -> None:
    server = Server(is_lossy=False)
    ahead = LookAhead(server.receive)

    async def look_in_vain() -> None:
        assert await ahead.look() is None
        assert await ahead.look() is None
        assert server.waiting == 1
        if end == "stop":
            ahead.stop()
            await anyio.sleep(0.01)
            assert server.waiting == 0

    await asyncio.ensure_future(look_in_vain())
    await anyio.sleep(0.01)
    assert server.waiting == 0
