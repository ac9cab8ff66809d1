"""Readers that wait for messages: each is woken, or cancelled, and can wait again."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP

from armillary.channels import ChannelMessage, Channels
from armillary.channels._arrival import Arrival, Arrivals
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


@pytest.fixture(params=[ASYNCIO, UVLOOP])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


async def data_of(messages: Any) -> Any:
    message = await anext(messages)
    assert isinstance(message, ChannelMessage)
    return message.data


async def turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_many_readers_of_one_channel_are_woken_for_each_message(anyio_backend: Any) -> None:
    got: list[tuple[int, Any]] = []

    async def read(number: int) -> None:
        async with channels.subscribe("a") as messages:
            ready.append(number)
            for _ in range(3):
                got.append((number, await data_of(messages)))

    ready: list[int] = []
    async with Channels() as channels, asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(read(number))
        while len(ready) < 100:
            await turns()
        for value in range(3):
            await channels.publish("a", value)
            await turns()
    assert sorted(got) == sorted((number, value) for number in range(100) for value in range(3))


class Client:
    """A WebSocket of this process, whose client takes what it is sent and sends nothing."""

    def __init__(self) -> None:
        self.sent = 0
        self.is_asked = False

    async def receive(self) -> Any:
        if self.is_asked:
            await asyncio.sleep(60)
        self.is_asked = True
        return {"type": "websocket.connect"}

    async def send(self, message: Any) -> None:
        self.sent += 1

    def websocket(self) -> WebSocket:
        scope = {"type": "websocket", "path": "/", "query_string": b"", "headers": [], "subprotocols": []}
        return WebSocket(scope, self.receive, self.send)


async def test_messages_for_many_clients_leave_nothing_behind_that_makes_python_collect_garbage(
    anyio_backend: Any,
) -> None:
    clients = [Client() for _ in range(400)]
    async with Channels() as channels, asyncio.TaskGroup() as group:
        tasks = [group.create_task(channels.websocket(client.websocket(), "a")) for client in clients]

        async def broadcast(count: int) -> None:
            for _ in range(count):
                wanted = clients[-1].sent + 1
                await channels.publish("a", 1)
                while not all(client.sent >= wanted for client in clients):
                    await asyncio.sleep(0.006)  # longer than a loop that sends goes on without a turn for others

        while not all(client.sent for client in clients):  # the handshake
            await turns()
        await broadcast(2)
        gc.collect()
        before = gc.get_stats()[0]["collections"]
        await broadcast(40)
        collections = gc.get_stats()[0]["collections"] - before
        for task in tasks:
            task.cancel()
    assert collections <= 4  # as the test itself causes; what each client is left by each message makes it 15 or more


async def test_a_reader_that_ran_out_of_time_reads_on(anyio_backend: Any) -> None:
    async with Channels() as channels, channels.subscribe("a") as messages:
        with anyio.move_on_after(0.02) as scope:
            await anext(messages)
        assert scope.cancelled_caught
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await anext(messages)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(messages), 0.02)
        await channels.publish("a", 1)
        assert await data_of(messages) == 1


@pytest.mark.parametrize("notified", [False, True])
async def test_a_reader_is_cancelled_with_its_message_also_when_it_was_just_notified(
    anyio_backend: Any, notified: bool
) -> None:
    async with Channels() as channels, channels.subscribe("a") as messages:
        reading = asyncio.ensure_future(anext(messages))
        await turns()
        if notified:
            messages.offer(ChannelMessage("a", (10**18, 1), "1"))
        reading.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await reading
        messages.offer(ChannelMessage("a", (10**18, 2), "2"))
        assert [await data_of(messages) for _ in range(1 + notified)] == ([1, 2] if notified else [2])


def test_what_ends_the_program_in_one_reader_lets_the_others_go_on() -> None:
    got: list[int] = []

    async def read(number: int) -> None:
        async with channels.subscribe("a") as messages:
            await anext(messages)
            if number == 1:
                raise SystemExit(number)
            got.append(number)

    async def main() -> None:
        tasks = [asyncio.ensure_future(read(number)) for number in range(4)]
        await turns(10)
        await channels.publish("a", 1)
        assert [type(end) for end in await asyncio.gather(*tasks, return_exceptions=True)].count(SystemExit) == 1

    channels = Channels()
    loop = asyncio.new_event_loop()
    try:
        task = loop.create_task(main())
        with pytest.raises(SystemExit):
            loop.run_until_complete(task)
        loop.run_until_complete(task)
    finally:
        loop.close()
    assert sorted(got) == [0, 2, 3]


def test_channels_work_in_one_event_loop_after_another_that_ended_while_readers_were_to_be_woken() -> None:
    arrivals = Arrivals()
    woken: list[int] = []

    async def read(number: int) -> None:
        arrival = Arrival(arrivals)
        asyncio.get_running_loop().call_soon(arrival.notify)
        if number == 1:
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().stop)
        await arrival.wait()
        woken.append(number)

    loop = asyncio.new_event_loop()
    left = loop.create_task(read(1))
    loop.run_forever()
    loop.close()
    asyncio.run(read(2))
    assert woken == [2]
    left._log_destroy_pending = False  # type: ignore[attr-defined]
