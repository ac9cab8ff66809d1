"""Stores behind a network that loses what is sent and ends no connection: each call ends in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import anyio
import pytest
from testkit import ASYNCIO, Network, require_port

from armillary.idempotency import IdempotencyStore, StoreUnavailable
from armillary.idempotency.redis import RedisStore
from armillary.idempotency.sql import SQLStore

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("anyio_backend", [ASYNCIO]),
    # SQLAlchemy leaves a connection whose isolation level it could not set to the garbage collector.
    pytest.mark.filterwarnings(
        "ignore:The garbage collector is trying", "ignore::pytest.PytestUnraisableExceptionWarning"
    ),
]

STORES = {
    "redis": (6379, "redis://127.0.0.1:{port}/0"),
    "psycopg": (5432, "postgresql+psycopg://postgres@127.0.0.1:{port}/test"),
    "asyncpg": (5432, "postgresql+asyncpg://postgres@127.0.0.1:{port}/test?ssl=disable"),
    "asyncmy": (3306, "mariadb+asyncmy://root@127.0.0.1:{port}/test"),
}


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, anyio_backend: Any) -> AsyncIterator[tuple[IdempotencyStore, Network]]:
    port, url = STORES[request.param]
    require_port(port)
    name = f"keys_{uuid4().hex[:12]}"
    async with Network(port) as network:
        far_url = url.format(port=network.port)
        if request.param == "redis":
            yield RedisStore(far_url, f"{name}:", timeout=0.5), network
            return
        made = SQLStore(far_url, name, timeout=0.5)
        await made.create_table()
        yield made, network
        near = SQLStore(url.format(port=port), name)
        async with near._engine.begin() as connection:
            await connection.run_sync(near.table.drop)
        await near.close()


async def claim(store: IdempotencyStore, number: int) -> Any:
    return await store.claim(f"{number:064}", "f" * 64, "0" * 32, lease=60, lifetime=60, repeats=True)


async def test_many_claims_are_all_unavailable_in_time_and_work_when_it_is_back(
    store: tuple[IdempotencyStore, Network],
) -> None:
    keys, network = store
    assert await claim(keys, 0) is None
    network.silent = True

    async def is_unavailable(number: int) -> None:
        with pytest.raises(StoreUnavailable, match=r"did not respond within 0\.5 s"):
            await claim(keys, number)

    with anyio.fail_after(8):  # not the 10 s for which psycopg waits that a statement is cancelled
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(is_unavailable, number)
    network.silent = False
    with anyio.fail_after(10):
        while True:
            try:
                await claim(keys, 30)
                break
            except StoreUnavailable:
                await anyio.sleep(0.1)
    network.silent = True
    with anyio.fail_after(10):
        await keys.close()
    network.silent = False
