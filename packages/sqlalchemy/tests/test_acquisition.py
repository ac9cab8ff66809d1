"""Getting a connection: in bounded time from any engine, and with nothing left open when that is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, StaticPool

from armillary.http import PlainTextResponse, Request, Response, request_response
from armillary.sqlalchemy import Database, DatabaseUnavailable, PoolExhausted, TransactionMiddleware, database_session
from armillary.sqlalchemy._shield import finish_shielded
from armillary.sqlalchemy.database._acquisition import Acquisition, Limits, acquire

pytestmark = pytest.mark.anyio


def app_of(database: Database) -> Any:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(str(await database_session(request).scalar(text("SELECT 42"))))

    return TransactionMiddleware(request_response(endpoint), database)


@pytest.mark.parametrize(
    ("own", "given"),
    [({}, {"pool_timeout": 0.3}), ({"pool_timeout": 0.3}, {"pool_timeout": None}), ({"pool_timeout": 0.3}, {})],
    ids=["deadline of the database", "time-out of the engine", "the shorter of both"],
)
async def test_an_engine_of_ones_own_without_a_free_connection_is_a_503_in_bounded_time(
    url: str, serve: Any, own: Any, given: Any
) -> None:
    engine = create_async_engine(url, pool_size=1, max_overflow=0, **own)
    database = Database(engine, **given)
    app = app_of(database)
    async with database.transaction() as held:
        await held.execute(text("SELECT 1"))
        started = time.monotonic()
        response = await serve(app)
        assert time.monotonic() - started < 3
        assert (response.status, response.headers["retry-after"]) == (503, "1")
        assert response.sentence == "All database connections are in use"
    assert (await serve(app)).body == b"42"
    assert (database.pool_status().in_use, engine.pool.checkedin()) == (0, 1)  # type: ignore[attr-defined]
    await database.close()


async def test_other_uses_of_an_engine_are_not_bounded(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0)
    database = Database(engine, pool_timeout=0.5)
    async with engine.connect():
        pass  # opened without a limit, so that only the pool is waited for
    async with database.transaction() as held:
        await held.execute(text("SELECT 1"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await engine.connect()
    await database.close()


async def test_an_engine_without_a_pool_opens_a_connection_for_each_request(url: str, serve: Any) -> None:
    database = Database(create_async_engine(url, poolclass=NullPool), pool_timeout=10)
    app = app_of(database)
    async with database.transaction(read_only=True) as held:
        await held.execute(text("SELECT 1"))
        responses = await asyncio.gather(*(serve(app, method="GET") for _ in range(5)))
    assert [response.body for response in responses] == [b"42"] * 5
    with pytest.raises(ValueError, match="NullPool does not count"):
        database.pool_status()
    await database.close()


async def test_a_pool_may_be_chosen_for_a_url(tmp_path: Path, serve: Any) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    database = Database(url, engine_options={"poolclass": NullPool})
    assert (await serve(app_of(database))).body == b"42"
    await database.close()
    chosen = Database(url, engine_options={"pool_size": 2, "max_overflow": 1})
    assert chosen.pool_status().limit == 3
    assert Database("sqlite://").pool_status().limit == 1


@pytest.mark.parametrize(
    "make_database",
    [
        lambda: Database(create_async_engine("sqlite+aiosqlite://")),
        lambda: Database(create_async_engine("sqlite+aiosqlite:///x.db", poolclass=StaticPool)),
        lambda: Database("sqlite://", engine_options={"poolclass": StaticPool}),
    ],
)
def test_a_pool_that_shares_one_connection_is_rejected(make_database: Any) -> None:
    """Concurrent requests would share one transaction, and a rollback of one would undo the other one's work."""
    with pytest.raises(ValueError, match=r"StaticPool gives all requests the same connection.*AsyncAdaptedQueuePool"):
        make_database()


async def test_an_engine_in_memory_with_a_queue_of_one_serves_requests_in_turn(serve: Any) -> None:
    engine = create_async_engine("sqlite+aiosqlite://", poolclass=AsyncAdaptedQueuePool, pool_size=1, max_overflow=0)
    database = Database(engine)

    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("UPDATE t SET i = i + 1"))
        return Response(status_code=500 if request.scope["path"] == "/fail" else 200)

    async with database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE t (i INTEGER)"))
            await session.execute(text("INSERT INTO t VALUES (0)"))
        app = TransactionMiddleware(request_response(endpoint), database)
        await asyncio.gather(*(serve(app, path) for path in ["/", "/fail"] * 10))
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT i FROM t")) == 10


@pytest.fixture
def silent() -> Iterator[str]:
    """A port that accepts connections and sends nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("driver_name", ["postgresql+psycopg", "postgresql+asyncpg", "mariadb+asyncmy"])
@pytest.mark.parametrize("poolclass", [None, AsyncAdaptedQueuePool, NullPool])
async def test_a_host_that_sends_nothing_is_unavailable_in_bounded_time(
    driver_name: str, poolclass: Any, serve: Any, silent: str
) -> None:
    url: Any = f"{driver_name}://me@{silent}/name"
    if poolclass is not None:
        url = create_async_engine(url, poolclass=poolclass)
    database = Database(url, pool_timeout=0.1, connect_timeout=0.1)
    started = time.monotonic()
    response = await serve(app_of(database))
    assert (response.status, response.sentence) == (503, "The database cannot be reached")
    await database.close()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("driver_name", ["postgresql+psycopg", "postgresql+asyncpg", "mariadb+asyncmy"])
async def test_a_host_that_closes_each_connection_at_once_is_unavailable(driver_name: str, serve: Any) -> None:
    async def close(reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(f"{driver_name}://me@127.0.0.1:{port}/name", pool_timeout=2, connect_timeout=2)
    for _ in range(10):
        response = await serve(app_of(database))
        assert (response.status, response.sentence) == (503, "The database cannot be reached")
    await database.close()
    server.close()


async def test_the_errors_of_an_engine_of_ones_own_keep_their_cause(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db", pool_size=1, max_overflow=0, pool_timeout=0.1)
    database = Database(engine)
    async with database.transaction() as held:
        await held.execute(text("SELECT 1"))
        with pytest.raises(PoolExhausted) as caught:
            async with database.transaction() as session:
                await session.execute(text("SELECT 1"))
        assert type(caught.value.__cause__).__module__ == "sqlalchemy.exc"
    await database.close()


@pytest.mark.parametrize("value", [0, -1, "5", float("nan")])
def test_a_wrong_deadline_is_rejected_for_an_engine_of_ones_own_too(value: Any) -> None:
    with pytest.raises(ValueError, match="pool_timeout is in seconds"):
        Database(create_async_engine("sqlite+aiosqlite:///x.db"), pool_timeout=value)


async def test_a_request_cancelled_while_it_waits_for_a_connection_waits_no_longer(url: str, serve: Any) -> None:
    database = Database(url, pool_size=1, max_overflow=0, pool_timeout=30)
    app = app_of(database)
    async with database.transaction() as held:
        await held.execute(text("SELECT 1"))
        waiting = [asyncio.create_task(serve(app)) for _ in range(20)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(5):
            await finish_shielded()  # waits for tasks that outlive their request
    assert (await serve(app)).body == b"42"
    await database.close()


class Counted(sqlite3.Connection):
    """Counts how many are open."""

    open = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        time.sleep(0.002)
        super().__init__(*args, **kwargs)
        Counted.open += 1

    def close(self) -> None:
        super().close()
        Counted.open -= 1


@pytest.mark.parametrize("engine_is_own", [False, True])
async def test_sqlite_is_closed_whenever_a_request_is_cancelled(
    tmp_path: Path, serve: Any, engine_is_own: bool
) -> None:
    """Also while it connects, when aiosqlite leaves what its thread opens to the garbage collector."""
    Counted.open = 0
    path = f"{tmp_path}/x.db"
    moments: list[Any] = [
        *({"turns": turns} for turns in range(12)),
        *({"seconds": step * 0.0003} for step in range(30)),
    ]
    for moment in moments:
        arguments: dict[str, Any] = {"connect_args": {"factory": Counted}}
        database = (
            Database(create_async_engine(f"sqlite+aiosqlite:///{path}", **arguments))
            if engine_is_own
            else Database(f"sqlite:///{path}", engine_options=arguments)
        )
        await cancelled_after(serve(app_of(database)), **moment)
        await database.close()
        assert Counted.open == 0, moment


async def test_sqlite_is_closed_when_a_request_is_cancelled_as_its_turn_to_connect_comes(
    tmp_path: Path, serve: Any
) -> None:
    Counted.open = 0
    for turns in range(25):
        database = Database(
            f"sqlite:///{tmp_path}/x.db",
            pool_size=1,
            max_overflow=0,
            engine_options={"connect_args": {"factory": Counted}},
        )
        held = database.new_session()
        await (await held.connection()).invalidate()  # the next request has to connect
        waiting = asyncio.create_task(serve(app_of(database)))
        await asyncio.sleep(0.01)
        releasing = asyncio.create_task(held.close())
        await cancelled_after(waiting, turns=turns)
        await releasing
        await database.close()
        await asyncio.sleep(0.01)
        assert Counted.open == 0, turns


async def test_a_waiting_acquisition_is_cancelled_at_once_and_a_connecting_one_is_completed() -> None:
    closed: list[str] = []

    class Connection:
        def close(self) -> None:
            closed.append("closed")

    async def connect(seconds: float) -> Any:
        await asyncio.sleep(seconds)
        return Connection()

    waiting, connecting = Acquisition(Limits(None, 5)), Acquisition(Limits(None, 5))
    connecting.contacting = True
    tasks = [asyncio.create_task(connect(60)), asyncio.create_task(connect(0.01))]
    await asyncio.sleep(0)
    waiting.abandon(tasks[0])
    connecting.abandon(tasks[1])
    assert [task.cancelling() for task in tasks] == [1, 0]
    await finish_shielded()
    assert closed == ["closed"]


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ConnectionResetError("lost"), DatabaseUnavailable),
        (type("TooManyConnectionsError", (Exception,), {"sqlstate": "53300"})(), DatabaseUnavailable),
        (RuntimeError("Transport does not expose socket instance"), DatabaseUnavailable),
        (RuntimeError("a bug"), RuntimeError),
        (LookupError("a bug"), LookupError),
    ],
    ids=["of the socket", "of the driver", "of asyncmy's socket", "a bug at run time", "a bug"],
)
async def test_errors_that_sqlalchemy_passes_on_are_those_of_a_database_that_is_unavailable(
    raised: Exception, expected: type[Exception]
) -> None:
    def connect() -> Any:
        raise raised

    with pytest.raises(expected) as caught:
        await acquire(connect, Limits(5, 5))
    assert raised in (caught.value, caught.value.__cause__)


async def test_a_connection_that_is_never_made_is_cancelled() -> None:
    acquisition = Acquisition(Limits(None, 0.05))
    acquisition.contacting = True
    acquisition.handshakes = 1
    task: Any = asyncio.create_task(asyncio.sleep(60))
    acquisition.abandon(task)
    async with asyncio.timeout(5):
        await finish_shielded()
    assert task.cancelled()


async def test_an_abandoned_test_of_an_idle_connection_is_left_to_its_own_deadline() -> None:
    """Cancelled while it discards the connection, its place would not return to the pool."""
    acquisition = Acquisition(Limits(None, 0.01))
    acquisition.contacting = True
    ended, returned = asyncio.Event(), []

    async def check() -> Any:
        await ended.wait()
        return SimpleNamespace(close=lambda: returned.append(True))

    task = asyncio.create_task(check())
    acquisition.abandon(task)
    await asyncio.sleep(0.1)  # several times the limit of a handshake
    ended.set()
    await finish_shielded()
    assert returned == [True]


@pytest.mark.parametrize("engine_is_own", [False, True])
async def test_an_invalidated_connection_holds_no_lock_of_sqlite(tmp_path: Path, engine_is_own: bool) -> None:
    """Even if a cursor of it is kept, as the traceback of a cancelled statement keeps one."""
    url = f"sqlite+aiosqlite:///{tmp_path}/x.db"
    database = Database(create_async_engine(url) if engine_is_own else url, connect_timeout=0.2)
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER)"))
        await session.execute(text("INSERT INTO t VALUES (1), (2)"))
    held = database.new_session()
    connection = await held.connection()
    await connection.execute(text("INSERT INTO t VALUES (3)"))
    driver: Any = (await connection.get_raw_connection()).driver_connection
    cursor = await driver.execute("SELECT i FROM t")
    assert await cursor.fetchone() == (1,)
    await connection.invalidate()
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM t")) == 2
    await held.close()
    await database.close()


async def test_a_connection_of_sqlite_may_be_closed_again(tmp_path: Path) -> None:
    """As happens to one whose request is cancelled once more while it is being closed."""
    async with Database(f"sqlite:///{tmp_path}/x.db") as database, database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
        sqlite: Any = driver._conn
        await driver._execute(sqlite.close)
        await driver._execute(sqlite.close)
        await connection.invalidate()


async def test_an_anyio_cancel_scope_leaves_no_connection_and_logs_nothing(
    database: Database, serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Such a scope cancels repeatedly, at each await of its task."""
    app = app_of(database)
    for moment in range(40):
        with anyio.move_on_after(moment * 0.0002):
            await serve(app)
    await finish_shielded()
    await asyncio.sleep(0.05)
    gc.collect()
    assert database.pool_status().in_use == 0
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
    assert (await serve(app)).body == b"42"


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
async def test_no_connection_to_a_server_is_left_whenever_a_request_is_cancelled(
    url: str, driver: str, serve: Any
) -> None:
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    if driver == "asyncmy":
        question = "SELECT count(*) FROM information_schema.processlist WHERE db = database()"
    for moment in range(60):
        database = Database(url)
        await cancelled_after(serve(app_of(database)), turns=moment % 4, seconds=moment * 0.0003)
        await finish_shielded()
        assert database.pool_status().in_use == 0, moment
        await database.close()
    database = Database(url)
    async with database.transaction() as session, asyncio.timeout(10):
        while await session.scalar(text(question)) > 1:
            await asyncio.sleep(0.05)
    await database.close()


async def cancelled_after(work: Any, *, turns: int = 0, seconds: float = 0) -> None:
    """Cancel work after some turns of the event loop and some seconds."""
    task = asyncio.ensure_future(work)
    for _ in range(turns):
        await asyncio.sleep(0)
    if seconds:
        await asyncio.sleep(seconds)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_errors_shown_to_the_client_name_no_host() -> None:
    assert PoolExhausted().detail == "All database connections are in use"
    assert DatabaseUnavailable().detail == "The database cannot be reached"


async def test_a_connection_that_was_left_in_pipeline_mode_is_replaced(postgresql_url: str) -> None:
    """psycopg leaves it so if an `executemany` is cancelled at the wrong moment."""
    url = postgresql_url.replace("postgresql://", "postgresql+psycopg://")
    async with Database(url, pool_size=1, max_overflow=0) as database:
        async with database.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
        driver.pgconn.enter_pipeline_mode()
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT 42")) == 42
        assert database.pool_status().in_use == 0
