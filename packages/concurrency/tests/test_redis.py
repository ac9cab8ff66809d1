"""The connections to a real Redis: many calls at once, several loops, a fork, a server that is silent."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import socket
import time
import warnings
from contextlib import closing
from typing import Any

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP

from armillary.concurrency.redis import RedisPool, connect_redis

on_asyncio = pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])


@pytest.mark.anyio
@on_asyncio
async def test_a_thousand_calls_at_once_wait_for_a_few_connections(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=4, decode_responses=True)
    results = await asyncio.gather(*[client.incr("count") for _ in range(1000)])
    assert sorted(results) == list(range(1, 1001))
    assert int((await client.info("clients"))["connected_clients"]) <= 4
    await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_a_call_that_is_cancelled_at_any_step_is_cancelled_and_the_next_one_works(redis_server: Any) -> None:
    client = connect_redis(redis_server.url)
    cancelled = 0
    for steps in range(1000):
        await client.set("key", steps)
        call = asyncio.ensure_future(client.get("key"))
        for _ in range(steps):
            await asyncio.sleep(0)
        if not call.cancel():
            break  # it has ended by itself
        with pytest.raises(asyncio.CancelledError):
            await call
        cancelled += 1
        assert await client.get("key") == b"%d" % steps
    assert cancelled > 3
    await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_a_cancelled_ping_leaves_the_reader_of_a_subscription_its_connection(redis_server: Any) -> None:
    client = connect_redis(redis_server.url)
    async with client.pubsub(ignore_subscribe_messages=True) as subscription:
        await subscription.subscribe("news")
        connection = subscription.connection

        async def read() -> Any:
            while True:
                message = await subscription.get_message(timeout=5)
                if message is not None and message["type"] == "message":
                    return message["data"]

        reader = asyncio.ensure_future(read())
        await asyncio.sleep(0.05)
        ping = asyncio.ensure_future(subscription.ping())
        while connection._cancelled is None and not ping.done():
            await asyncio.sleep(0)
            ping.cancel()
        await asyncio.wait([ping])
        assert connection.is_connected
        await client.publish("news", "one")
        assert await asyncio.wait_for(reader, 5) == b"one"
    await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_calls_wait_longer_than_the_timeout_while_others_get_responses(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=1, timeout=0.4)
    await asyncio.gather(*[client.blpop(f"empty-{number}", 0.15) for number in range(6)])
    await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_calls_that_wait_for_a_silent_server_fail_together(anyio_backend: object) -> None:
    from redis.exceptions import TimeoutError as RedisTimeoutError

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        client = connect_redis(url, max_connections=2, timeout=0.3)
        began = time.monotonic()
        results = await asyncio.gather(*[client.get("a") for _ in range(100)], return_exceptions=True)
        assert {type(result) for result in results} == {RedisTimeoutError}
        assert time.monotonic() - began < 5  # one after the other it would be 15
        await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_an_event_loop_that_is_busy_for_longer_than_the_timeout_is_no_silent_server(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=2, timeout=0.1)
    calls = [asyncio.ensure_future(client.incr("count")) for _ in range(8)]
    while not all(call.done() for call in calls):
        time.sleep(0.12)
        await asyncio.sleep(0)
    assert sorted(call.result() for call in calls) == list(range(1, 9))
    await client.aclose()


@pytest.mark.anyio
@on_asyncio
async def test_a_cancelled_wait_leaves_its_connection_to_the_next(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=1)
    first = asyncio.ensure_future(client.blpop("empty", 0.2))
    await anyio.sleep(0.05)
    second, third = asyncio.ensure_future(client.get("a")), asyncio.ensure_future(client.set("a", "b"))
    await anyio.sleep(0.01)
    second.cancel()
    with anyio.fail_after(5):
        await first
        assert await third
    await client.aclose()


def test_a_client_works_in_a_second_event_loop_at_once(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=2)

    async def use() -> list[int]:
        return sorted(await asyncio.gather(*[client.incr("count") for _ in range(20)]))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the first loop ends with connections open
        assert asyncio.run(use()) == list(range(1, 21))
        assert asyncio.run(use()) == list(range(21, 41))
        pool: Any = client.connection_pool
        assert len(pool._of_loops) == 1
        del pool
        client.connection_pool._of_loops.clear()
        gc.collect()


async def _leave_a_connection(client: Any) -> None:
    await client.set("name", "parent")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_client_works_in_a_forked_process_and_in_its_parent(redis_server: Any) -> None:
    client = connect_redis(redis_server.url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_leave_a_connection(client))

    def run_in_child() -> None:
        assert asyncio.run(client.get("name")) == b"parent"
        os._exit(0)

    child = multiprocessing.get_context("fork").Process(target=run_in_child)
    child.start()
    child.join(10)
    assert child.exitcode == 0
    assert loop.run_until_complete(client.get("name")) == b"parent"
    loop.run_until_complete(client.aclose())
    loop.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_that_goes_on_with_the_loop_of_its_parent_has_connections_of_its_own(redis_server: Any) -> None:
    client = connect_redis(redis_server.url)
    with closing(asyncio.new_event_loop()) as loop:
        id_in_parent = loop.run_until_complete(client.client_id())

        def run_in_child() -> None:
            id_in_child = loop.run_until_complete(client.client_id())
            gc.collect()  # closing the parent's connections here would end their watch there
            os._exit(0 if id_in_child != id_in_parent else 1)

        child = multiprocessing.get_context("fork").Process(target=run_in_child)
        child.start()
        child.join(10)
        assert child.exitcode == 0
        assert loop.run_until_complete(asyncio.wait_for(client.client_id(), 4)) == id_in_parent
        loop.run_until_complete(client.aclose())


@pytest.mark.anyio
@on_asyncio
async def test_a_connection_from_before_a_restart_is_replaced(redis_server: Any) -> None:
    client = connect_redis(redis_server.url, max_connections=1)
    await client.set("a", "b")
    redis_server.stop()
    redis_server.start()
    assert await client.get("a") is None
    await client.aclose()


@pytest.mark.parametrize(
    ("options", "kind", "sentence"),
    [
        ({"timeout": 0}, ValueError, "timeout is in seconds, above 0"),
        ({"timeout": "5"}, TypeError, "timeout is a number of seconds"),
        ({"max_connections": 0}, ValueError, "max_connections must be 1 or more"),
        ({"max_connections": 1.5}, TypeError, "max_connections is a whole number"),
    ],
)
def test_a_limit_that_is_no_positive_number_is_rejected(options: Any, kind: Any, sentence: str) -> None:
    with pytest.raises(kind, match=sentence):
        RedisPool(**options)
