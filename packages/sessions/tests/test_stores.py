"""One suite for every store: memory, files, Redis, SQLite and PostgreSQL."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest
import sqlalchemy as sa
from testkit import ASYNCIO, TRIO, UVLOOP, missing_service

from armillary.sessions import (
    FileStore,
    MemoryStore,
    ServerSessionMiddleware,
    SessionStore,
    StoredSession,
    StoreUnavailable,
)
from armillary.sessions.redis import RedisStore
from armillary.sessions.sql import SQLStore

pytestmark = pytest.mark.anyio

KEY = "0" * 64
SESSION = StoredSession('{"a": 1}', "v1", 1_700_000_000.25, 1_700_000_001.5)
REDIS = "redis://127.0.0.1:6379/0"
MARIADB = "mariadb+asyncmy://root@127.0.0.1:3306/test"
POSTGRESQL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


@asynccontextmanager
async def memory(tmp_path: Path) -> AsyncIterator[SessionStore]:
    yield MemoryStore()


@asynccontextmanager
async def files(tmp_path: Path) -> AsyncIterator[SessionStore]:
    yield FileStore(tmp_path / "sessions")


@asynccontextmanager
async def redis(tmp_path: Path) -> AsyncIterator[SessionStore]:
    store = RedisStore(REDIS, prefix=f"test-{uuid4().hex}:")
    try:
        await available(store.load(KEY), "Redis on 127.0.0.1:6379")
        yield store
        await store.delete(KEY)
    finally:
        await store.close()


@asynccontextmanager
async def sqlite(tmp_path: Path) -> AsyncIterator[SessionStore]:
    store = SQLStore(f"sqlite+aiosqlite:///{tmp_path / 'sessions.db'}")
    await store.create_table()
    yield store
    await store.close()


@asynccontextmanager
async def own_table(url: str, service: str) -> AsyncIterator[SessionStore]:
    store = SQLStore(url, table=f"sessions_{uuid4().hex}")
    try:
        await available(store.create_table(), service)
        try:
            yield store
        finally:
            async with store._engine.begin() as connection:
                await connection.run_sync(store.metadata.drop_all)
    finally:
        await store.close()


def postgresql(tmp_path: Path) -> AbstractAsyncContextManager[SessionStore]:
    return own_table(POSTGRESQL, "PostgreSQL on 127.0.0.1:5432")


def mariadb(tmp_path: Path) -> AbstractAsyncContextManager[SessionStore]:
    return own_table(MARIADB, "MariaDB on 127.0.0.1:3306")


async def available(attempt: Any, service: str) -> None:
    try:
        await attempt
    except Exception as exc:
        missing_service(f"{service} is not available: {exc}")


STORES: list[Any] = [memory, files, redis, sqlite, postgresql, mariadb]
RUNS = [
    pytest.param((make, loop.values[0]), id=f"{make.__name__}-{loop.id}", marks=loop.marks)
    for make in STORES
    for loop in [ASYNCIO, UVLOOP, *([TRIO] if make in (memory, files) else [])]
]


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def anyio_backend(run: Any) -> Any:
    return run[1]


@pytest.fixture
async def store(run: Any, tmp_path: Path) -> AsyncIterator[SessionStore]:
    async with run[0](tmp_path) as made:
        yield made


async def test_what_was_saved_is_loaded(store: SessionStore) -> None:
    assert await store.load(KEY) is None
    assert await store.save(KEY, SESSION, None, 60)
    assert await store.load(KEY) == SESSION


async def test_a_save_succeeds_only_over_the_version_it_expects(store: SessionStore) -> None:
    second, third = SESSION._replace(version="v2"), SESSION._replace(version="v3")
    assert not await store.save(KEY, SESSION, "v0", 60)
    assert await store.save(KEY, SESSION, None, 60)
    assert not await store.save(KEY, second, None, 60)
    assert await store.save(KEY, second, "v1", 60)
    assert not await store.save(KEY, third, "v1", 60)
    assert await store.load(KEY) == second


async def test_of_many_saves_at_once_over_one_version_exactly_one_succeeds(store: SessionStore) -> None:
    await store.save(KEY, SESSION, None, 60)
    results: list[bool] = []

    async def save(number: int) -> None:
        results.append(await store.save(KEY, SESSION._replace(version=f"w{number}"), "v1", 60))

    async with anyio.create_task_group() as group:
        for number in range(10):
            group.start_soon(save, number)
    assert results.count(True) == 1


async def test_a_session_is_deleted_only_in_the_version_that_is_expected(store: SessionStore) -> None:
    assert not await store.delete(KEY, "v1")
    await store.save(KEY, SESSION, None, 60)
    assert not await store.delete(KEY, "v0")
    assert await store.load(KEY) == SESSION
    assert await store.delete(KEY, "v1")
    assert await store.load(KEY) is None
    assert not await store.delete(KEY)


async def session_app(scope: Any, receive: Any, send: Any) -> None:
    session, path = scope["session"], scope["path"]
    session.get("start")
    await anyio.sleep(0)
    if path.startswith("/set/"):
        session[path] = True
    elif path == "/rotate":
        session.rotate()
    elif path == "/end":
        session.destroy()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": " ".join(sorted(session)).encode()})


async def test_of_many_requests_of_one_visitor_none_fails_and_no_change_is_lost(
    store: SessionStore, browser: Any
) -> None:
    client = browser(ServerSessionMiddleware(session_app, store, save_timeout=60))
    await client.get("/set/first")
    statuses: list[int] = []

    async def request(path: str) -> None:
        statuses.append((await client.get(path)).status)

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(request, f"/set/{number}")
            group.start_soon(request, "/read")
    assert statuses == [200] * 200
    expected = {"/set/first", *(f"/set/{number}" for number in range(100))}
    assert set((await client.get("/read")).body.decode().split()) == expected


async def test_a_session_that_ends_while_another_request_moves_it_does_not_come_back(
    store: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(ServerSessionMiddleware(session_app, store))
    await client.get("/set/secret")
    ending = browser(client.app)
    ending.cookies = dict(client.cookies)
    save, keys = store.save, []

    async def save_as_the_other_ends_it(key: str, session: Any, expected: str | None, lifetime: int) -> bool:
        keys.append(key)
        if expected is None:
            await ending.get("/end")
        return bool(await save(key, session, expected, lifetime))

    monkeypatch.setattr(store, "save", save_as_the_other_ends_it)
    response = await client.get("/rotate")
    assert "set-cookie" not in response.headers
    assert keys
    for key in keys:
        assert await store.load(key) is None


async def test_a_deleted_session_is_absent_and_may_be_deleted_again(store: SessionStore) -> None:
    await store.save(KEY, SESSION, None, 60)
    await store.delete(KEY)
    await store.delete(KEY)
    assert await store.load(KEY) is None


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_stores_that_need_asyncio_raise_under_trio(anyio_backend: str) -> None:
    for make in (lambda: RedisStore(REDIS), lambda: SQLStore("sqlite+aiosqlite://")):
        with pytest.raises(RuntimeError, match="needs asyncio, as the library under it does"):
            await make().load(KEY)


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_service_that_is_down_is_a_store_unavailable(anyio_backend: str) -> None:
    stores: list[Any] = [
        RedisStore("redis://127.0.0.1:1/0"),
        SQLStore("postgresql+psycopg://postgres@127.0.0.1:1/test"),
    ]
    for store in stores:
        with pytest.raises(StoreUnavailable):
            await store.load(KEY)
        await store.close()


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_redis_that_does_not_respond_is_unavailable_after_the_timeout(anyio_backend: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections wait in its queue
        store = RedisStore(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", timeout=0.05)
        with anyio.fail_after(10), pytest.raises(StoreUnavailable):
            await store.load(KEY)
        await store.close()


def test_a_redis_store_that_could_not_work_is_rejected() -> None:
    from redis.asyncio import Redis

    with pytest.raises(ValueError, match="decode_responses=True"):
        RedisStore(Redis())
    with pytest.raises(ValueError, match="timeout is in seconds, above 0"):
        RedisStore(REDIS, timeout=0)
    RedisStore(Redis(decode_responses=True))


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_restarted_database_is_used_again_without_an_error(anyio_backend: Any, tmp_path: Path) -> None:
    async with postgresql(tmp_path) as store:
        await store.save(KEY, SESSION, None, 60)
        other: Any = SQLStore(POSTGRESQL)
        pid = sa.text("SELECT pg_backend_pid()")
        async with store._engine.connect() as connection:  # type: ignore[attr-defined]
            mine = (await connection.execute(pid)).scalar_one()
        # What a restart does to every idle connection of the pool.
        await other._execute(sa.text(f"SELECT pg_terminate_backend({mine}, 5000)"))
        await other.close()
        assert await store.load(KEY) == SESSION


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_an_expired_session_is_absent_and_its_key_is_free(anyio_backend: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        stores = [await stack.enter_async_context(make(tmp_path)) for make in STORES]
        for store in stores:
            await store.save(KEY, SESSION, None, 1)
        await anyio.sleep(1.1)
        for store in stores:
            assert await store.load(KEY) is None
            assert await store.save(KEY, SESSION, None, 60)


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_damaged_file_is_no_session(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    for text in ("", "{", "[]", '{"session": [1], "expires": 9e9}'):
        (tmp_path / KEY).write_text(text)
        assert await store.load(KEY) is None


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_session_files_are_for_this_user_alone(anyio_backend: str, tmp_path: Path) -> None:
    await FileStore(tmp_path).save(KEY, SESSION, None, 60)
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_key_is_never_a_path(anyio_backend: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a session key"):
        await FileStore(tmp_path).load("../secrets")


HOLDING = """
import sys
from pathlib import Path
from armillary.sessions._file_lock import file_lock
with file_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_lock_ends_with_the_process_that_holds_it(anyio_backend: object, tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    lock = str(tmp_path / f"{KEY[:2]}.lock")
    holding = [sys.executable, "-c", HOLDING, lock]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(store.save, KEY, SESSION, None, 60)
            await anyio.sleep(0.05)
            assert await store.load(KEY) is None
            process.kill()
        assert await store.load(KEY) == SESSION


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_expired_files_are_removed_on_request(anyio_backend: str, tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    await store.save(KEY, SESSION, None, 60)
    await store.save("1" * 64, SESSION, None, 0)
    assert await store.remove_expired() == 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == [KEY]


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_memory_drops_sessions_that_nobody_used_again_first_and_warns_once(
    anyio_backend: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore(max_sessions=3)
    await store.save("used", SESSION, None, 60)
    await store.load("used")
    for number in range(5):
        await store.save(str(number), SESSION, None, 60)
    assert await store.load("used") == SESSION
    assert await store.load("2") is None
    assert await store.load("3") == await store.load("4") == SESSION
    (record,) = caplog.records
    assert "max_sessions=3 and drops sessions" in record.getMessage()


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_memory_keeps_at_most_max_sessions(anyio_backend: str) -> None:
    store = MemoryStore(max_sessions=2)
    for number in range(3):
        await store.save(str(number), SESSION, None, 60)
    assert [await store.load(str(number)) is not None for number in range(3)] == [False, True, True]
    await store.load("1")
    await store.save("3", SESSION, None, 60)
    assert [await store.load(str(number)) is not None for number in (1, 2, 3)] == [True, False, True]
    with pytest.raises(ValueError, match="max_sessions must be 1 or more"):
        MemoryStore(0)


@pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])
async def test_a_thousand_requests_at_once_do_not_make_redis_unavailable(redis_server: Any) -> None:
    store = RedisStore(redis_server.url)
    await store.save(KEY, SESSION, None, 60)
    loaded: list[Any] = []

    async def load() -> None:
        loaded.append(await store.load(KEY))

    async with anyio.create_task_group() as group:
        for _ in range(1000):
            group.start_soon(load)
    assert loaded == [SESSION] * 1000
    await store.close()
