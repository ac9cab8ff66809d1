"""A claim that nobody waits for any more, and that the store receives late: it does not keep its key from others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP, Network, require_port

from armillary.idempotency import IdempotencyMiddleware, IdempotencyStore, MemoryStore, StoreUnavailable
from armillary.idempotency.redis import RedisStore
from armillary.idempotency.sql import SQLStore

pytestmark = pytest.mark.anyio

# What of a claim arrives late: for Redis all of it, for PostgreSQL its end, as before that it keeps
# nothing. MariaDB lets a release wait for a claim that is still to be committed.
STORES = {
    "redis": (6379, "redis://127.0.0.1:{port}/0", b"'HSET', KEYS[1], 'fingerprint'"),
    "psycopg": (5432, "postgresql+psycopg://postgres@127.0.0.1:{port}/test", b"\x0bCOMMIT"),
    "asyncpg": (5432, "postgresql+asyncpg://postgres@127.0.0.1:{port}/test?ssl=disable", b"\x0cCOMMIT;"),
}
LATE = 0.6


@pytest.fixture(params=[ASYNCIO, UVLOOP])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture(params=STORES)
async def far(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Callable[..., IdempotencyStore], Network]]:
    """A function that makes stores, and the network between them and their service."""
    port, url, late = STORES[request.param]
    require_port(port)
    name = f"keys_{uuid4().hex[:12]}"
    made: list[Any] = []

    async with Network(port) as network:

        def make(timeout: float = 5.0) -> IdempotencyStore:
            far_url = url.format(port=network.port)
            if request.param == "redis":
                made.append(RedisStore(far_url, f"{name}:", timeout=timeout))
            else:
                made.append(SQLStore(far_url, name, timeout=timeout))
            store: IdempotencyStore = made[-1]
            return store

        if request.param != "redis":
            await make().create_table()  # type: ignore[attr-defined]
        network.delayed = late
        yield make, network
        network.delay = 0
        if request.param != "redis":
            async with made[0]._engine.begin() as connection:
                await connection.run_sync(made[0].table.drop)
        for store in made:
            await store.close()


async def set_after(seconds: float, network: Network) -> None:
    """Let what is sent from then on arrive at once."""
    await anyio.sleep(seconds)
    network.delay = 0


async def test_a_claim_that_was_cancelled_and_arrives_after_its_release_leaves_the_key_free(
    far: tuple[Callable[..., IdempotencyStore], Network], bank: Any, pay: Any
) -> None:
    make, network = far
    app = IdempotencyMiddleware(bank, make())
    user = uuid4().hex.encode()
    assert (await pay(app, key=b'"warm"', user=user)).status == 201
    async with anyio.create_task_group() as group:
        network.delay = LATE
        group.start_soon(partial(pay, app, user=user))
        await anyio.sleep(LATE / 3)
        network.delay = 0
        group.cancel_scope.cancel()
    await anyio.sleep(LATE + 0.2)
    assert bank.payments == [b"5"]  # of the warm one
    assert (await pay(app, user=user)).status == 201
    assert len(bank.payments) == 2


async def test_a_claim_without_a_response_in_time_that_arrives_after_all_leaves_the_key_free(
    far: tuple[Callable[..., IdempotencyStore], Network], bank: Any, pay: Any
) -> None:
    make, network = far
    app = IdempotencyMiddleware(bank, make(timeout=1.0))
    user = uuid4().hex.encode()
    assert (await pay(app, key=b'"warm"', user=user)).status == 201
    async with anyio.create_task_group() as group:
        network.delay = 2.0
        group.start_soon(set_after, 0.7, network)
        assert (await pay(app, user=user)).status == 503
    await anyio.sleep(2.2)
    assert (await pay(app, user=user)).status == 201
    assert len(bank.payments) == 2


class Flaky(MemoryStore):
    """A store whose responses can be lost: it keeps what it is told, and does not say so."""

    is_down = False

    async def claim(self, *args: Any, **options: Any) -> Any:
        stored = await super().claim(*args, **options)
        if self.is_down:
            raise StoreUnavailable("its response was lost")
        return stored

    async def release(self, *args: Any, **options: Any) -> None:
        if self.is_down:
            raise StoreUnavailable("it is away")
        await super().release(*args, **options)


async def test_a_key_that_could_not_be_freed_is_free_for_a_repetition(bank: Any, pay: Any, anyio_backend: Any) -> None:
    store = Flaky()
    app = IdempotencyMiddleware(bank, store)
    store.is_down = True
    assert [(await pay(app)).status for _ in range(2)] == [503, 503]
    store.is_down = False
    assert (await pay(app)).status == 201
    assert len(bank.payments) == 1


async def test_keys_that_could_not_be_freed_are_freed_when_any_request_reaches_the_store(
    bank: Any, pay: Any, anyio_backend: Any
) -> None:
    store = Flaky()
    app = IdempotencyMiddleware(bank, store)
    store.is_down = True
    assert [(await pay(app, key=b'"k%d"' % number)).status for number in range(3)] == [503, 503, 503]
    assert len(store._entries) == 3
    store.is_down = False
    assert (await pay(app, key=b'"other"')).status == 201
    assert len(store._entries) == 1


async def test_a_key_whose_request_failed_while_the_store_was_away_is_free_when_it_is_back(
    bank: Any, pay: Any, anyio_backend: Any
) -> None:
    store = Flaky()
    app = IdempotencyMiddleware(bank, store)
    receipt = bank.respond

    async def fail(*args: Any) -> None:
        store.is_down = True
        raise LookupError

    bank.respond = fail
    with pytest.raises(LookupError):
        await pay(app)
    bank.respond = receipt
    store.is_down = False
    assert (await pay(app)).body == b"payment 2 of 5"
