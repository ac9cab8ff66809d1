"""Starting, readiness, pools and embedded SQLite."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from armillary.http import Request, Response, request_response
from armillary.sqlalchemy import (
    Database,
    DatabaseError,
    Outbox,
    OutboxMessage,
    ReadinessEndpoint,
    Relay,
    SessionClosed,
    TransactionMiddleware,
    database_session,
    transaction,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("url", ["", "nonsense", "postgresql://user:secret@host:port/name"])
def test_a_wrong_url_is_rejected_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="url: not a database URL") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_an_unknown_database_is_rejected() -> None:
    with pytest.raises(ValueError, match="unknown database 'orakel'"):
        Database("orakel://host/name")


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql+psycopg2://host/name", r"postgresql\+psycopg://"),
        ("mysql+pymysql://host/name", r"mysql\+asyncmy://"),
        ("sqlite+pysqlite:///x", r"sqlite\+aiosqlite://"),
    ],
)
def test_a_driver_that_is_not_async_is_rejected_with_one_that_is(url: str, driver: str) -> None:
    with pytest.raises(ValueError, match=driver):
        Database(url)


def test_a_missing_driver_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'armillary-sqlalchemy\[asyncpg\]'"):
        Database("postgresql+asyncpg://host/name")


@pytest.mark.parametrize(
    ("setting", "value"),
    [("pool_size", 0), ("max_overflow", -1), ("pool_timeout", 0), ("connect_timeout", -1), ("pool_recycle", 0)],
)
def test_a_wrong_setting_is_named(setting: str, value: int) -> None:
    settings: Any = {setting: value}
    with pytest.raises(ValueError, match=setting):
        Database("sqlite://", **settings)


@pytest.mark.parametrize("url", ["sqlite://", "postgresql+psycopg://host/name"])
def test_infinite_seconds_are_rejected_if_a_driver_cannot_count_them(url: str) -> None:
    with pytest.raises(ValueError, match="connect_timeout is in seconds"):
        Database(url, connect_timeout=float("inf"))
    assert Database(url, pool_timeout=float("inf"), pool_recycle=float("inf"))


@pytest.mark.parametrize("wrong", [0, -1, "8", float("inf"), float("nan"), None])
def test_a_wrong_operation_timeout_is_named(wrong: Any) -> None:
    with pytest.raises(ValueError, match="operation_timeout is in seconds"):
        Database("sqlite://", operation_timeout=wrong)


def test_wrong_metadata_and_session_classes_are_rejected(models: Any) -> None:
    with pytest.raises(TypeError, match=r"metadata.*Base\.metadata"):
        Database("sqlite://", metadata=models.Base)
    for wrong in (int, "AsyncSession", Session):
        with pytest.raises(TypeError, match=r"session_class.*AsyncSession"):
            Database("sqlite://", session_class=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("driver_name", ["postgresql+psycopg", "postgresql+asyncpg", "mariadb+asyncmy"])
async def test_a_host_that_does_not_respond_ends_the_start_with_an_explanation(driver_name: str) -> None:
    database = Database(f"{driver_name}://me:secret@127.0.0.1:1/name", connect_timeout=2)
    with pytest.raises(DatabaseError, match=r"cannot be used: .*check host, port") as caught:
        await database.open()
    assert "secret" not in str(caught.value)
    database.metadata = MetaData()
    with pytest.raises(DatabaseError, match=r"cannot be used: .*check host, port") as caught:
        await database.create_tables()
    assert "secret" not in str(caught.value)
    state = await database.readiness()
    assert (state.ready, "secret" in state.reason) == (False, False)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
async def test_a_database_or_a_schema_that_is_missing_is_named_at_the_start(driver: str, url: str) -> None:
    absent = Database(f"{url.rpartition('/')[0]}/armillary_absent")
    with pytest.raises(DatabaseError, match=r"cannot be used: .*armillary_absent.*check host, port, name"):
        await absent.open()
    elsewhere = MetaData(schema="armillary_absent")
    Table("ledger", elsewhere, Column("id", Integer, primary_key=True))
    with pytest.raises(DatabaseError, match=r"no table armillary_absent\.ledger: run the migrations"):
        await Database(url, metadata=elsewhere).open()


@pytest.mark.parametrize("driver", ["psycopg"], indirect=True)
async def test_a_time_out_to_connect_in_the_url_takes_precedence(url: str) -> None:
    for target, expected in ((url, "5"), (f"{url}?connect_timeout=30", "30")):
        async with Database(target) as database, database.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            assert driver.info.get_parameters()["connect_timeout"] == expected


@pytest.mark.parametrize("driver", ["asyncmy"], indirect=True)
async def test_a_rejected_user_ends_the_start_with_an_explanation(driver: str, url: str) -> None:
    with pytest.raises(DatabaseError, match=r"cannot be used: .*Access denied.*user and password") as caught:
        await Database(url.replace("root@", "armillary_nobody:secret@")).open()
    assert "secret" not in str(caught.value)


async def test_a_directory_that_is_missing_ends_the_start_with_an_explanation(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="unable to open database file"):
        await Database(f"sqlite:///{tmp_path}/missing/x.db").open()
    await asyncio.sleep(0.1)  # for the driver's thread to end before the event loop does


async def test_missing_tables_are_named_at_the_start(tmp_path: Path, models: Any) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db", metadata=models.Base.metadata)
    with pytest.raises(DatabaseError, match="no table account, entry: run the migrations"):
        async with database.lifespan():
            raise AssertionError("must not start")
    await database.create_tables()
    async with database.lifespan():
        pass


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_rejected_with_an_explanation(anyio_backend: str, scope: Any) -> None:
    database = Database("sqlite://")
    outbox = Outbox(database)

    async def deliver(message: OutboxMessage) -> None: ...

    async def enter(context: Any) -> None:
        async with context:
            raise AssertionError("must not begin")

    relay = Relay(outbox, deliver)
    app = TransactionMiddleware(Response(), database)
    attempts: dict[str, Any] = {
        "open": database.open,
        "close": database.close,
        "create_tables": database.create_tables,
        "readiness": database.readiness,
        "lifespan": lambda: enter(database.lifespan()),
        "rolled_back": lambda: enter(database.rolled_back()),
        "transaction": lambda: enter(database.transaction()),
        "transaction of a request": lambda: enter(transaction(scope())),
        "outbox": outbox.create_table,
        "claim": lambda: outbox.claim(1, 1),
        "relay": lambda: enter(relay.running()),
        "run_once": relay.run_once,
        "middleware": lambda: app(scope(), None, None),  # type: ignore[arg-type]
        "lifespan of the middleware": lambda: enter(database),
    }
    for name, attempt in attempts.items():
        with pytest.raises(RuntimeError) as caught:
            await attempt()
        assert "needs asyncio" in str(caught.value), name


async def test_a_sync_endpoint_raises(serve: Any) -> None:
    def endpoint(request: Request) -> Response:
        database_session(request)
        return Response()

    with pytest.raises(RuntimeError, match="async def"):
        await serve(TransactionMiddleware(request_response(endpoint), Database("sqlite://")))


async def test_embedded_sqlite_has_wal_and_foreign_keys(tmp_path: Path) -> None:
    async with Database(f"sqlite:///{tmp_path}/x.db") as database, database.transaction() as session:
        assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await session.scalar(text("PRAGMA foreign_keys")) == 1
        assert await session.scalar(text("PRAGMA synchronous")) == 2


async def test_a_get_on_sqlite_reads_while_another_request_writes(tmp_path: Path, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return Response(str(await database_session(request).scalar(text("SELECT count(*) FROM t"))))

    async with Database(f"sqlite:///{tmp_path}/x.db") as database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE t (i INTEGER)"))
        async with database.transaction() as writer:
            await writer.execute(text("INSERT INTO t VALUES (1)"))
            app = TransactionMiddleware(request_response(endpoint), database)
            assert (await serve(app, method="GET")).body == b"0"
        assert (await serve(app, method="GET")).body == b"1"


async def test_a_database_in_memory_serves_requests_in_turn(serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("UPDATE t SET i = i + 1"))
        return Response(status_code=500 if request.scope["path"] == "/fail" else 200)

    async with Database("sqlite://") as database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE t (i INTEGER)"))
            await session.execute(text("INSERT INTO t VALUES (0)"))
        app = TransactionMiddleware(request_response(endpoint), database)
        await asyncio.gather(*(serve(app, path) for path in ["/", "/fail"] * 10))
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT i FROM t")) == 10


async def test_a_pool_without_a_free_connection_is_a_503_in_bounded_time(url: str, serve: Any) -> None:
    database = Database(url, pool_size=1, max_overflow=0, pool_timeout=0.3)

    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("SELECT 1"))
        return Response()

    app = TransactionMiddleware(request_response(endpoint), database)
    async with database.transaction() as session:
        await session.execute(text("SELECT 1"))
        started = time.monotonic()
        response = await serve(app)
        assert time.monotonic() - started < 3
        assert (response.status, response.headers["retry-after"]) == (503, "1")
        assert not (await database.readiness(timeout=0.1)).ready
    assert (await serve(app)).status == 200
    await database.close()


async def test_readiness_is_an_application(serve: Any) -> None:
    good, bad = Database("sqlite://"), Database("postgresql+psycopg://me:secret@127.0.0.1:1/x", name="far")
    response = await serve(ReadinessEndpoint(good), method="GET")
    assert (response.status, json.loads(response.body)) == (200, {"default": "ready"})
    response = await serve(ReadinessEndpoint(good, bad), method="GET")
    assert response.status == 503
    assert json.loads(response.body) == {"default": "ready", "far": "The database cannot be reached"}
    await good.close()


def test_readiness_needs_databases_with_different_names() -> None:
    """Two with one name would be one line of the response and hide the first one's failure."""
    with pytest.raises(ValueError, match="name 'default'"):
        ReadinessEndpoint(Database("sqlite://"), Database("sqlite://"))
    with pytest.raises(ValueError, match="at least one"):
        ReadinessEndpoint()
    for timeout in (0, -1, float("nan"), "2"):
        with pytest.raises(ValueError, match="timeout is in seconds"):
            ReadinessEndpoint(Database("sqlite://"), timeout=timeout)  # type: ignore[arg-type]


async def test_an_engine_of_ones_own_is_used_unchanged(tmp_path: Path, serve: Any) -> None:
    class OwnSession(AsyncSession):
        pass

    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db")
    database = Database(engine, session_class=OwnSession)
    assert database.pool_status().limit is None

    async def endpoint(request: Request) -> Response:
        assert type(database_session(request)) is OwnSession
        assert await database_session(request).scalar(text("PRAGMA foreign_keys")) == 1
        return Response()

    assert (await serve(TransactionMiddleware(request_response(endpoint), database))).status == 200
    await database.close()


def websocket_scope() -> Any:
    return {"type": "websocket", "path": "/", "headers": [], "subprotocols": []}


async def test_a_websocket_has_a_session_for_its_connection_that_commits_on_request(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER)"))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        held = database_session(scope)
        await held.execute(text("INSERT INTO t VALUES (1)"))
        await held.commit()
        await held.execute(text("INSERT INTO t VALUES (2)"))

    await TransactionMiddleware(app, database)(websocket_scope(), None, None)  # type: ignore[arg-type]
    assert database.pool_status().in_use == 0
    async with database.transaction() as session:
        assert list(await session.scalars(text("SELECT i FROM t"))) == [1]
    await database.close()


async def test_a_websocket_has_a_transaction_for_each_message_if_requested(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE t (i INTEGER UNIQUE)"))
    in_use = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for number in (1, 2, 2, 3):
            try:
                async with transaction(scope) as session:
                    await session.execute(text(f"INSERT INTO t VALUES ({number})"))
            except Exception as exc:
                in_use.append(type(exc).__name__)
            in_use.append(database.pool_status().in_use)

    await TransactionMiddleware(app, database)(websocket_scope(), None, None)  # type: ignore[arg-type]
    assert in_use == [0, 0, "IntegrityError", 0, 0]
    async with database.transaction() as session:
        assert list(await session.scalars(text("SELECT i FROM t ORDER BY i"))) == [1, 2, 3]
    await database.close()


async def test_the_session_of_an_ended_transaction_raises(tmp_path: Path) -> None:
    async with Database(f"sqlite:///{tmp_path}/x.db") as database:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
        with pytest.raises(SessionClosed):
            await session.execute(text("SELECT 1"))
