"""`SQLStore` behind a network that loses what is sent, as a firewall that forgot a connection does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP, Network, require_port

from armillary.sessions import StoredSession, StoreUnavailable
from armillary.sessions.sql import SQLStore

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])]

KEY = "0" * 64
SESSION = StoredSession("{}", "v1", 1.0, 1.0)
DATABASES = {"postgresql+psycopg://postgres": 5432, "mariadb+asyncmy://root": 3306}


@pytest.fixture(params=DATABASES)
async def store(request: pytest.FixtureRequest, anyio_backend: Any) -> AsyncIterator[tuple[SQLStore, Network]]:
    port = DATABASES[request.param]
    require_port(port)
    async with Network(port) as network:
        made = SQLStore(f"{request.param}@127.0.0.1:{network.port}/test", f"sessions_{uuid4().hex}", timeout=0.5)
        await made.create_table()
        yield made, network
        network.silent = False
        async with made._engine.begin() as connection:
            await connection.run_sync(made.metadata.drop_all)
        await made.close()


async def test_many_requests_on_a_silent_network_all_end_within_the_timeout_and_work_when_it_is_back(
    store: tuple[SQLStore, Network],
) -> None:
    sql, network = store
    await sql.save(KEY, SESSION, None, 60)
    network.silent = True
    failed: list[Exception] = []

    async def load() -> None:
        with pytest.raises(StoreUnavailable) as info:
            await sql.load(KEY)
        failed.append(info.value)

    began = time.monotonic()
    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(load)
    assert len(failed) == 40
    assert time.monotonic() - began < 5
    network.silent = False
    with anyio.fail_after(10):
        while True:
            try:
                assert await sql.load(KEY) == SESSION
                break
            except StoreUnavailable:
                await anyio.sleep(0.1)


async def test_a_cancelled_request_on_a_silent_network_ends_at_once(store: tuple[SQLStore, Network]) -> None:
    sql, network = store
    await sql.load(KEY)
    network.silent = True
    request = asyncio.create_task(sql.load(KEY))
    await anyio.sleep(0.1)
    request.cancel()
    for _ in range(20):  # turns of the event loop, in which no time-out passes
        await asyncio.sleep(0)
    assert request.cancelled()


async def test_three_hundred_requests_at_once_wait_for_a_connection(store: tuple[SQLStore, Network]) -> None:
    sql, _ = store
    sql._bounded._timeout = 10  # no other test needs the processor for so long
    await sql.save(KEY, SESSION, None, 60)
    loaded: list[Any] = []

    async def load() -> None:
        loaded.append(await sql.load(KEY))

    async with anyio.create_task_group() as group:
        for _ in range(300):
            group.start_soon(load)
    assert loaded == [SESSION] * 300


async def test_removing_expired_sessions_may_take_longer_than_the_timeout(
    store: tuple[SQLStore, Network], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql, _ = store
    await sql.save(KEY, SESSION, None, -1)
    monkeypatch.setattr(sql._bounded, "_timeout", 0.000_001)
    with pytest.raises(StoreUnavailable, match="did not respond within 1e-06 s"):
        await sql.load(KEY)
    assert await sql.remove_expired() == 1


@pytest.mark.parametrize("seconds", ["1", True, 0])
async def test_a_timeout_that_is_no_positive_number_is_rejected(anyio_backend: Any, seconds: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="timeout is"):
        SQLStore("sqlite+aiosqlite://", timeout=seconds)


async def test_a_request_that_is_cancelled_while_sqlite_works_leaves_no_task(tmp_path: Path) -> None:
    store = SQLStore(f"sqlite+aiosqlite:///{tmp_path}/sessions.db")
    await store.create_table()
    others = len(asyncio.all_tasks())
    for _ in range(3):
        with anyio.CancelScope() as scope:  # which cancels again and again, unlike Task.cancel()
            scope.cancel()
            await store.load("key")
    async with asyncio.timeout(10):
        while len(asyncio.all_tasks()) > others:
            await asyncio.sleep(0.01)
    assert await store.load("key") is None
    await store.close()
