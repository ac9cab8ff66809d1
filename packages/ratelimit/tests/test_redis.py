"""Counts in a real Redis, which goes away and comes back."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest
from limits.aio.storage import MemoryStorage
from testkit import ASYNCIO, TRIO, UVLOOP

from armillary.ratelimit import RateLimitMiddleware, _middleware as module
from armillary.ratelimit._middleware import STORE_RETRY_SECONDS

pytestmark = pytest.mark.anyio


async def app(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def limit(anyio_backend: object) -> AsyncIterator[Callable[..., RateLimitMiddleware]]:
    """Make middleware whose connections are closed at the end."""
    made: list[RateLimitMiddleware] = []

    def make(*arguments: Any, **parameters: Any) -> RateLimitMiddleware:
        made.append(RateLimitMiddleware(app, *arguments, **parameters))
        return made[-1]

    yield make
    for middleware in made:
        await middleware.close()


on_asyncio = pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
on_trio = pytest.mark.parametrize("anyio_backend", [TRIO])


@on_asyncio
@pytest.mark.parametrize("strategy", ["fixed-window", "moving-window"])
async def test_instances_share_their_counts(call: Any, limit: Any, redis_server: Any, strategy: Any) -> None:
    one = limit("3/hour", storage=redis_server.url, strategy=strategy)
    other = limit("3/hour", storage=redis_server.url, strategy=strategy)
    responses = [await call(limited) for limited in (one, other, one, other)]
    assert [response.status for response in responses] == [200, 200, 200, 429]
    assert [response.headers["ratelimit"].partition(";t=")[0] for response in responses] == [
        f'"3/3600s";r={left}' for left in (2, 1, 0, 0)
    ]


@on_asyncio
async def test_no_request_of_many_at_once_slips_through(call: Any, limit: Any, redis_server: Any) -> None:
    limited = limit("10/hour", storage=redis_server.url, store_timeout=10)
    statuses: list[int] = []

    async def request() -> None:
        statuses.append((await call(limited)).status)

    async with anyio.create_task_group() as tasks:
        for _ in range(40):
            tasks.start_soon(request)
    assert sorted(statuses) == [200] * 10 + [429] * 30


@on_asyncio
async def test_another_process_counts_on(call: Any, limit: Any, redis_server: Any) -> None:
    program = (
        "import asyncio, sys\n"
        "from armillary.ratelimit import RateLimitMiddleware\n"
        "async def app(scope, receive, send): pass\n"
        "async def send(message): pass\n"
        "scope = {'type': 'http', 'method': 'GET', 'path': '/', 'client': ('192.0.2.1', 1), 'headers': []}\n"
        "limited = RateLimitMiddleware(app, '3/hour', storage=sys.argv[1], store_timeout=10)\n"
        "async def main():\n"
        "    for _ in range(2): await limited(scope, None, send)\n"
        "    await limited.close()\n"
        "asyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", program, redis_server.url], check=True)
    limited = limit("3/hour", storage=redis_server.url)
    assert [(await call(limited)).status for _ in range(2)] == [200, 429]


@on_asyncio
async def test_while_redis_is_down_each_process_counts_by_itself(
    call: Any, limit: Any, redis_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "armillary.ratelimit")
    limited = limit("3/hour", storage=redis_server.url)
    assert [(await call(limited)).status for _ in range(2)] == [200, 200]
    redis_server.stop()
    assert [(await call(limited)).status for _ in range(5)] == [200, 200, 200, 429, 429]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    redis_server.start()
    await anyio.sleep(STORE_RETRY_SECONDS)
    # It came back empty, and is counted in again.
    assert [(await call(limited)).status for _ in range(4)] == [200, 200, 200, 429]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


@on_asyncio
@pytest.mark.parametrize(("policy", "status"), [("allow", 200), ("reject", 503)])
async def test_what_happens_while_redis_is_down_can_be_chosen(
    call: Any, limit: Any, redis_server: Any, policy: Any, status: int
) -> None:
    limited = limit("1/hour", storage=redis_server.url, when_store_down=policy)
    assert [(await call(limited)).status for _ in range(2)] == [200, 429]
    redis_server.stop()
    responses = [await call(limited) for _ in range(3)]
    assert [response.status for response in responses] == [status] * 3
    assert all("ratelimit" not in response.headers for response in responses)
    if status == 503:
        assert responses[0].headers["retry-after"] == "1"
        assert b"cannot check its rate limits" in responses[0].body


@on_asyncio
async def test_a_redis_that_does_not_respond_costs_the_timeout_once(call: Any, limit: Any) -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        limited = limit("9/hour", storage=url, store_timeout=1)
        begin = time.monotonic()
        assert [(await call(limited)).status for _ in range(3)] == [200, 200, 200]
        assert time.monotonic() - begin < 2.5


@on_asyncio
async def test_a_storage_of_ones_own_must_respond_in_time_too(call: Any, limit: Any) -> None:
    class Slow(MemoryStorage):
        STORAGE_SCHEME: list[str] = []

        async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
            await anyio.sleep(60)
            return 1

    limited = limit("9/hour", storage=Slow(), store_timeout=0.05, when_store_down="reject")
    with anyio.fail_after(5):
        assert (await call(limited)).status == 503


class Silent(MemoryStorage):
    """A store that does not respond, and notes who asks."""

    STORAGE_SCHEME: list[str] = []

    def __init__(self) -> None:
        super().__init__()
        self.tries: list[str] = []

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        self.tries.append(key)
        await anyio.sleep(60)
        return 1


@on_asyncio
async def test_of_many_requests_one_tries_a_store_that_is_down(call: Any, limit: Any) -> None:
    silent = Silent()
    limited = limit("1000/hour", storage=silent, store_timeout=0.2)
    assert (await call(limited)).status == 200
    silent.tries.clear()
    limited._down_until = 0.0  # its time to be tried again has come
    statuses: list[int] = []

    async def request() -> None:
        statuses.append((await call(limited)).status)

    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(request)
    assert statuses == [200] * 50
    assert len(silent.tries) == 1


@on_asyncio
async def test_a_store_that_is_tried_for_long_is_tried_by_no_other_request_until_that_one_has_ended(
    call: Any, limit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = Silent()
    limited = limit("1000/hour", storage=silent, store_timeout=60)
    monkeypatch.setattr(module, "STORE_RETRY_SECONDS", 0.0)
    limited._down_until = 0.0
    with anyio.fail_after(60):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(call, limited)
            while not silent.tries:
                await anyio.sleep(0.01)
            for _ in range(5):
                assert (await call(limited)).status == 200
            assert len(silent.tries) == 1
            tasks.cancel_scope.cancel()
        async with anyio.create_task_group() as tasks:  # one that was cancelled leaves it to the next
            tasks.start_soon(call, limited)
            while len(silent.tries) < 2:
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()


@on_asyncio
async def test_a_restarted_redis_is_used_again_without_an_error(call: Any, limit: Any, redis_server: Any) -> None:
    limited = limit("3/hour", storage=redis_server.url, when_store_down="reject")
    assert (await call(limited)).status == 200
    redis_server.stop()
    redis_server.start()
    assert (await call(limited)).status == 200


@on_trio
async def test_under_trio_redis_is_rejected_with_the_reason(call: Any) -> None:
    limited = RateLimitMiddleware(app, "1/hour", storage="redis://127.0.0.1:1/0")
    with pytest.raises(RuntimeError, match="needs asyncio"):
        await call(limited)


@on_asyncio
async def test_redis_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "armillary.concurrency.redis", None)
    with pytest.raises(ImportError, match=r"pip install 'armillary-ratelimit\[redis\]'"):
        RateLimitMiddleware(app, "1/hour", storage="redis://127.0.0.1:1/0")


@on_asyncio
async def test_connections_are_closed_when_the_server_shuts_down(call: Any, redis_server: Any) -> None:
    async def with_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    limited = RateLimitMiddleware(with_lifespan, "3/hour", storage=redis_server.url)
    await call(limited)
    messages = ["lifespan.startup", "lifespan.shutdown"]

    async def receive() -> Any:
        return {"type": messages.pop(0)}

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await limited({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    counting: Any = limited._counter
    pool = counting._storage._pool._here().pool
    assert pool._available_connections
    assert not any(connection.is_connected for connection in pool._available_connections)


@on_asyncio
@pytest.mark.parametrize("strategy", ["fixed-window", "moving-window"])
async def test_a_clock_that_is_set_back_never_makes_a_client_wait_longer_than_the_window(
    call: Any, limit: Any, redis_server: Any, monkeypatch: pytest.MonkeyPatch, strategy: Any
) -> None:
    limited = limit("1/minute", storage=redis_server.url, strategy=strategy)
    await call(limited)
    present = time.time
    monkeypatch.setattr("time.time", lambda: present() - 86_400)
    response = await call(limited)
    if strategy == "fixed-window":  # a moving window counts by this clock alone
        assert response.status == 429
        assert 0 < int(response.headers["retry-after"]) <= 60
    assert response.headers["ratelimit"].endswith(";t=60")


@on_asyncio
@pytest.mark.parametrize("policy", ["local", "reject"])
async def test_a_thousand_requests_at_once_do_not_count_redis_as_down(
    call: Any, limit: Any, redis_server: Any, caplog: pytest.LogCaptureFixture, policy: Any
) -> None:
    limited = limit("400/hour", storage=redis_server.url, when_store_down=policy, store_connections=10)
    statuses: list[int] = []

    async def request() -> None:
        statuses.append((await call(limited)).status)

    async with anyio.create_task_group() as tasks:
        for _ in range(1000):
            tasks.start_soon(request)
    assert sorted(statuses) == [200] * 400 + [429] * 600
    assert not caplog.records


@pytest.mark.parametrize(("value", "kind"), [(0, ValueError), (1.5, TypeError), (True, TypeError)])
def test_a_number_of_connections_that_is_no_positive_integer_is_rejected(value: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="store_connections"):
        RateLimitMiddleware(app, "1/hour", storage="redis://127.0.0.1:1/0", store_connections=value)
