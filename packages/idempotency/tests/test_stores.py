"""One suite for every store: memory, Redis, SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
from testkit import ASYNCIO, UVLOOP, require_port

from armillary.idempotency import IdempotencyMiddleware, IdempotencyStore, MemoryStore, StoreUnavailable
from armillary.idempotency.redis import RedisStore
from armillary.idempotency.sql import SQLStore

pytestmark = pytest.mark.anyio

KEY, FINGERPRINT, OTHER = "a" * 64, "b" * 64, "c" * 64
RESPONSE = bytes(range(256)) * 1000
SCOPE: dict[str, Any] = {"type": "http"}


@pytest.fixture(params=[ASYNCIO, UVLOOP])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@asynccontextmanager
async def sql(url: str) -> AsyncIterator[SQLStore]:
    store = SQLStore(url, table=f"keys_{uuid4().hex[:12]}")
    try:
        await store.create_table()
        try:
            yield store
        finally:
            async with store._engine.begin() as connection:
                await connection.run_sync(store.table.drop)
    finally:
        await store.close()


@pytest.fixture(params=["memory", "redis", "sqlite", "postgresql", "mariadb"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[IdempotencyStore]:
    kind = request.param
    if kind == "memory":
        yield MemoryStore()
    elif kind == "redis":
        require_port(6379)
        redis = RedisStore("redis://127.0.0.1:6379/0", prefix=f"test-{uuid4().hex}:")
        yield redis
        await redis._redis.delete(redis._prefix + KEY)
        await redis.close()
    else:
        urls = {
            "sqlite": f"sqlite+aiosqlite:///{tmp_path / 'keys.db'}",
            "postgresql": "postgresql+psycopg://postgres@127.0.0.1:5432/test",
            "mariadb": "mariadb+asyncmy://root@127.0.0.1:3306/test",
        }
        for other, port in (("postgresql", 5432), ("mariadb", 3306)):
            if kind == other:
                require_port(port)
        async with sql(urls[kind]) as made:
            yield made


async def claim(
    store: IdempotencyStore,
    owner: str,
    fingerprint: str = FINGERPRINT,
    *,
    lease: float = 60,
    lifetime: float = 60,
    repeats: bool = False,
) -> Any:
    return await store.claim(KEY, fingerprint, owner, lease=lease, lifetime=lifetime, repeats=repeats)


async def test_a_key_is_claimed_once_and_then_completed(store: IdempotencyStore) -> None:
    assert await claim(store, "one") is None
    found = await claim(store, "two")
    assert (found.fingerprint, found.response) == (FINGERPRINT, None)
    assert 50 < found.remaining <= 60
    assert await store.complete(KEY, "one", RESPONSE, lifetime=60, scope=SCOPE)
    found = await claim(store, "three", OTHER, repeats=True)
    assert (found.fingerprint, found.response) == (FINGERPRINT, RESPONSE)


async def test_of_many_claims_at_once_one_succeeds(store: IdempotencyStore) -> None:
    results: list[Any] = []

    async def one(number: int) -> None:
        results.append(await claim(store, f"owner{number}"))

    async with anyio.create_task_group() as tasks:
        for number in range(10):
            tasks.start_soon(one, number)
    assert results.count(None) == 1


async def test_of_many_who_repeat_an_unfinished_claim_one_succeeds(store: IdempotencyStore) -> None:
    await claim(store, "dead", lease=0.05)
    await anyio.sleep(0.1)
    results: list[Any] = []

    async def one(number: int) -> None:
        results.append(await claim(store, f"owner{number}", repeats=True))

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(one, number)
    assert results.count(None) == 1


async def test_only_the_owner_completes_or_releases_a_claim(store: IdempotencyStore) -> None:
    await claim(store, "one")
    assert not await store.complete(KEY, "two", RESPONSE, lifetime=60, scope=SCOPE)
    await store.release(KEY, "two")
    assert await claim(store, "two") is not None
    await store.release(KEY, "one")
    assert await claim(store, "two") is None


async def test_what_is_completed_is_not_released(store: IdempotencyStore) -> None:
    await claim(store, "one")
    await store.complete(KEY, "one", RESPONSE, lifetime=60, scope=SCOPE)
    await store.release(KEY, "one")
    assert (await claim(store, "two")).response == RESPONSE


async def test_an_unfinished_claim_is_repeated_only_if_that_is_allowed_and_for_the_same_payload(
    store: IdempotencyStore,
) -> None:
    await claim(store, "one", lease=0.3)
    assert (await claim(store, "two", repeats=True)).remaining > 0
    await anyio.sleep(0.4)
    assert (await claim(store, "two")).remaining <= 0
    assert (await claim(store, "two", OTHER, repeats=True)).fingerprint == FINGERPRINT
    assert await claim(store, "two", repeats=True) is None
    assert not await store.complete(KEY, "one", RESPONSE, lifetime=60, scope=SCOPE)
    assert await store.complete(KEY, "two", RESPONSE, lifetime=60, scope=SCOPE)


async def test_a_completed_key_is_replayed_after_its_lease_too(store: IdempotencyStore) -> None:
    await claim(store, "one", lease=0.05)
    assert await store.complete(KEY, "one", RESPONSE, lifetime=60, scope=SCOPE)
    await anyio.sleep(0.1)
    assert (await claim(store, "two", repeats=True)).response == RESPONSE
    assert not await store.complete(KEY, "two", b"other", lifetime=60, scope=SCOPE)


async def test_a_claim_that_was_given_up_before_it_came_leaves_the_claims_of_others(store: IdempotencyStore) -> None:
    await store.release(KEY, "late", claimed=False)
    assert await claim(store, "one") is None
    await store.release(KEY, "late", claimed=False)
    assert (await claim(store, "two")).response is None
    assert await store.complete(KEY, "one", RESPONSE, lifetime=60, scope=SCOPE)
    await store.release(KEY, "one", claimed=False)
    await store.release(KEY, "late", claimed=False)
    assert (await claim(store, "two")).response == RESPONSE


async def test_a_key_expires_whether_completed_or_not(store: IdempotencyStore) -> None:
    await claim(store, "one", lifetime=0.05)
    await anyio.sleep(0.1)
    assert await claim(store, "two", OTHER) is None
    await store.complete(KEY, "two", RESPONSE, lifetime=0.05, scope=SCOPE)
    await anyio.sleep(0.1)
    assert await claim(store, "three") is None


async def test_a_middleware_works_with_every_store(store: IdempotencyStore, bank: Any, pay: Any) -> None:
    app = IdempotencyMiddleware(bank, store)

    async def with_user(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    user = uuid4().hex.encode()  # of this test alone
    first = await pay(with_user, user=user)
    second = await pay(with_user, user=user)
    assert (second.status, second.raw_headers, second.body) == (201, first.raw_headers, first.body)
    assert (await pay(with_user, user=user, body=b"6")).status == 422
    assert len(bank.payments) == 1


async def test_redis_that_is_down_or_comes_back(redis_server: Any) -> None:
    store = RedisStore(redis_server.url, timeout=2)
    assert await claim(store, "one") is None
    redis_server.stop()
    with pytest.raises(StoreUnavailable):
        await claim(store, "two")
    redis_server.start()
    assert await claim(store, "two") is None
    await store.close()


async def test_a_claim_that_is_sent_again_to_redis_finds_itself() -> None:
    require_port(6379)
    store = RedisStore("redis://127.0.0.1:6379/0", prefix=f"test-{uuid4().hex}:")
    assert await claim(store, "one", lifetime=5) is None
    assert await claim(store, "one", lifetime=5) is None
    assert await store.complete(KEY, "one", b"x", lifetime=5, scope=SCOPE)
    assert await store.complete(KEY, "one", b"x", lifetime=5, scope=SCOPE)
    await store.release(KEY, "one")
    await store.close()


async def test_redis_forgets_a_claim_that_was_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    require_port(6379)
    monkeypatch.setattr("armillary.idempotency.redis.VOID_SECONDS", 0.3)
    store = RedisStore("redis://127.0.0.1:6379/0", prefix=f"test-{uuid4().hex}:")
    await store.release(KEY, "one", claimed=False)
    assert await claim(store, "one") is not None
    await asyncio.sleep(0.4)
    assert await store._redis.exists(store._prefix + KEY) == 0
    await store.close()


async def test_a_database_that_is_down_is_unavailable() -> None:
    store = SQLStore("postgresql+psycopg://postgres@127.0.0.1:1/test")
    with pytest.raises(StoreUnavailable, match="database of the keys"):
        await claim(store, "one")


async def test_a_key_that_is_released_while_another_claim_looks_at_it_is_claimed(tmp_path: Path) -> None:
    async with sql(f"sqlite+aiosqlite:///{tmp_path / 'keys.db'}") as store:
        await claim(store, "one")
        execute = store._execute

        async def release_before_reading(statement: Any) -> Any:
            if statement.is_select:
                store._execute = execute  # type: ignore[method-assign]
                await store.release(KEY, "one")
            return await execute(statement)

        store._execute = release_before_reading  # type: ignore[method-assign]
        assert await claim(store, "two") is None


async def test_expired_keys_are_removed(tmp_path: Path) -> None:
    async with sql(f"sqlite+aiosqlite:///{tmp_path / 'keys.db'}") as store:
        await claim(store, "one", lifetime=0.01)
        await asyncio.sleep(0.05)
        assert await store.remove_expired() == 1
        assert await store.remove_expired() == 0


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"timeout": 0}, ValueError, "timeout"),
        ({"timeout": "5"}, TypeError, "timeout"),
        ({"session": 1}, TypeError, "database_session"),
    ],
)
async def test_a_wrong_setting_is_named(options: Any, error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        SQLStore("sqlite+aiosqlite://", **options)


async def test_a_client_that_returns_text_is_an_error() -> None:
    from redis.asyncio import Redis

    with pytest.raises(ValueError, match="decode_responses"):
        RedisStore(Redis(decode_responses=True))


def test_stores_under_trio_say_what_to_use() -> None:
    async def claims() -> None:
        with pytest.raises(RuntimeError, match=r"SQLStore needs asyncio.*MemoryStore"):
            await claim(SQLStore("sqlite+aiosqlite://"), "one")
        with pytest.raises(RuntimeError, match=r"RedisStore needs asyncio.*MemoryStore"):
            await claim(RedisStore("redis://127.0.0.1:6379/0"), "one")

    anyio.run(claims, backend="trio")
