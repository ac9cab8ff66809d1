"""A network that is silent: packets are lost, and neither an error nor the end of a connection arrives.

The tests put a proxy in front of the servers that loses what passes, or stops reading.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from testkit import Network

from armillary.http import PlainTextResponse, Request, Response, request_response
from armillary.sqlalchemy import (
    Database,
    DatabaseUnavailable,
    TransactionMiddleware,
    database_session,
    transactional,
)
from armillary.sqlalchemy._shield import finish_shielded
from armillary.sqlalchemy.connections import _deadline, _keepalive
from armillary.sqlalchemy.connections._socket import socket_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True),
]


CLIENT_OPTIONS = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
SERVER_OPTIONS = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
PORTS = {"psycopg": 5432, "asyncpg": 5432, "asyncmy": 3306}


@pytest.fixture
async def network(database: Database, driver: str) -> AsyncIterator[Network]:
    """The network between the tests and the database, whose tables exist."""
    async with Network(PORTS[driver]) as network:
        yield network
        network.silent = False
        network.reading.set()


@pytest.fixture
def far_url(url: str, network: Network) -> str:
    """The URL of the database behind the network."""
    return make_url(url).set(port=network.port).render_as_string(hide_password=False)


@pytest.fixture
async def cut_off(network: Network, far_url: str) -> AsyncIterator[Database]:
    """A database behind that network, with short time-outs and one open connection."""
    database = Database(far_url, operation_timeout=0.4, connect_timeout=1.0, pool_timeout=0.4)
    async with database:
        yield database
        network.silent = False
        network.reading.set()
        await finish_shielded()
        assert database.pool_status().in_use == 0


def app_of(endpoint: Any, database: Database) -> Any:
    return TransactionMiddleware(request_response(endpoint), database)


async def balance(database: Database) -> int:
    async with database.transaction(read_only=True) as session:
        return int(await session.scalar(text("SELECT balance FROM account WHERE id = 1")) or 0)


async def change(request: Request) -> None:
    await database_session(request).execute(text("UPDATE account SET balance = 1 WHERE id = 1"))


async def is_back(app: Any, serve: Any) -> None:
    """Wait until a request succeeds again."""
    async with asyncio.timeout(10):
        while (await serve(app, "/back")).status != 200:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("moment", ["statement", "large statement", "commit", "rollback"])
async def test_whatever_gets_no_response_ends_the_request_in_bounded_time(
    cut_off: Database, database: Database, network: Network, serve: Any, moment: str
) -> None:
    async def endpoint(request: Request) -> Response:
        if request.scope["path"] == "/back":
            return PlainTextResponse(str(await database_session(request).scalar(text("SELECT 42"))))
        await change(request)
        if moment == "large statement":
            network.reading.clear()
            await database_session(request).execute(text("SELECT :value"), {"value": "x" * 2**24})
        network.silent = True
        if moment == "statement":
            await change(request)
        return Response(status_code=409 if moment == "rollback" else 200)

    app = app_of(endpoint, cut_off)
    async with asyncio.timeout(5):
        response = await serve(app)
    if moment == "rollback":
        assert response.status == 409
    else:
        assert (response.status, response.sentence) == (503, "The database did not respond in time")
        assert response.headers["retry-after"] == "5"
    assert cut_off.pool_status().in_use == 0
    network.silent = False
    network.reading.set()
    await is_back(app, serve)
    assert await balance(database) == 100


@pytest.mark.parametrize("fault", ["silent", "cut"])
async def test_an_isolation_level_that_cannot_be_set_is_a_503_and_its_connection_is_discarded(
    cut_off: Database, network: Network, serve: Any, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(str(await database_session(request).scalar(text("SELECT 42"))))

    app = app_of(endpoint, cut_off)
    assert (await serve(app)).status == 200
    with monkeypatch.context() as patched:
        dialect: Any = cut_off.engine.dialect
        set_level = dialect.set_isolation_level

        def begin_fault(*arguments: Any) -> None:
            if fault == "cut":
                network.cut()
            else:
                network.silent = True
            set_level(*arguments)

        patched.setattr(dialect, "set_isolation_level", begin_fault)
        async with asyncio.timeout(5):
            assert (await serve(app)).status == 503
    assert cut_off.pool_status().in_use == 0
    network.silent = False
    await is_back(app, serve)


@pytest.mark.parametrize("fault", ["silent", "cut", "cancelled"])
async def test_an_isolation_level_that_cannot_be_reset_makes_no_error_of_a_committed_transaction(
    cut_off: Database, network: Network, serve: Any, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(str(await database_session(request).scalar(text("SELECT 42"))))

    app = app_of(endpoint, cut_off)
    assert (await serve(app)).status == 200
    with monkeypatch.context() as patched:
        dialect: Any = cut_off.engine.dialect
        reset = dialect.reset_isolation_level
        resets: list[Any] = []

        def begin_fault(connection: Any) -> None:
            resets.append(connection)
            if fault == "cut":
                network.cut()
            elif fault == "silent":
                network.silent = True
            else:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            reset(connection)

        patched.setattr(dialect, "reset_isolation_level", begin_fault)
        async with asyncio.timeout(5):
            request = asyncio.create_task(serve(app))
            await asyncio.wait({request})
        assert len(resets) == 1
        assert request.cancelled() if fault == "cancelled" else request.result().status == 200
    await finish_shielded()
    assert cut_off.pool_status().in_use == 0
    network.silent = False
    await is_back(app, serve)


async def test_a_statement_time_out_that_the_database_cannot_report_is_noticed_here(
    cut_off: Database, network: Network, serve: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_deadline, "MARGIN", 0.3)

    @transactional(statement_timeout=0.2)
    async def endpoint(request: Request) -> Response:
        await change(request)
        network.silent = True
        await change(request)
        return Response()

    async with asyncio.timeout(5):
        assert (await serve(app_of(endpoint, cut_off))).status == 503
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("No response from the database in 0.5 s" in warning for warning in warnings)


async def test_a_statement_may_take_as_long_as_its_time_out(cut_off: Database, serve: Any, driver: str) -> None:
    slow = "SELECT SLEEP(0.7)" if driver == "asyncmy" else "SELECT pg_sleep(0.7)"

    @transactional(statement_timeout=20)
    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text(slow))
        return Response()

    assert (await serve(app_of(endpoint, cut_off))).status == 200


async def test_programs_that_use_the_engine_by_themselves_have_no_deadline(cut_off: Database, driver: str) -> None:
    slow = "SELECT SLEEP(0.7)" if driver == "asyncmy" else "SELECT pg_sleep(0.7)"
    async with cut_off.engine.begin() as connection:
        await connection.execute(text(slow))
        assert await connection.scalar(text("SELECT 42")) == 42


async def test_an_event_loop_that_was_blocked_reads_what_arrived_meanwhile(cut_off: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await change(request)
        asyncio.get_running_loop().call_later(0.01, time.sleep, 0.6)  # a bug elsewhere in the program
        asyncio.get_running_loop().call_later(0.02, time.sleep, 0.6)
        for _ in range(3):
            await change(request)
            await asyncio.sleep(0.005)
        return Response()

    assert (await serve(app_of(endpoint, cut_off))).status == 200


@pytest.mark.filterwarnings(
    "ignore:.*was deleted while still open:ResourceWarning",  # by psycopg
    "ignore:coroutine 'MySQLResult:RuntimeWarning",  # by asyncmy 0.2.10
)
async def test_rows_that_do_not_arrive_end_a_stream(cut_off: Database, network: Network, driver: str) -> None:
    rows = "FROM generate_series(1, 20000)" if driver != "asyncmy" else "FROM seq_1_to_20000"
    received = 0
    async with asyncio.timeout(10):
        with pytest.raises(DatabaseUnavailable):
            async with cut_off.transaction() as session:
                async for _ in await session.stream(text(f"SELECT repeat('x', 2000) {rows}")):
                    received += 1
                    network.silent = received >= 10
    assert 10 <= received < 20000
    gc.collect()
    assert not [value for value in gc.get_objects() if type(value).__name__ == "AsyncServerCursor"]


async def test_an_idle_connection_is_tested_in_bounded_time(cut_off: Database, network: Network, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        return PlainTextResponse(str(await database_session(request).scalar(text("SELECT 42"))))

    app = app_of(endpoint, cut_off)
    assert (await serve(app)).status == 200
    network.silent = True
    async with asyncio.timeout(5):
        response = await serve(app)
    assert (response.status, response.sentence) == (503, "The database cannot be reached")
    network.silent = False
    await is_back(app, serve)


async def test_a_request_cancelled_while_it_gets_no_response_returns_its_connection(
    cut_off: Database, network: Network, serve: Any
) -> None:
    reached = asyncio.Event()

    async def endpoint(request: Request) -> Response:
        await change(request)
        network.silent = True
        reached.set()
        await change(request)
        return Response()

    task = asyncio.create_task(serve(app_of(endpoint, cut_off)))
    await reached.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    async with asyncio.timeout(15):
        with pytest.raises(asyncio.CancelledError):
            await task
        await finish_shielded()
    assert cut_off.pool_status().in_use == 0


async def test_many_requests_end_and_the_next_ones_succeed_when_the_network_is_back(
    network: Network, far_url: str, serve: Any
) -> None:
    database = Database(
        far_url, pool_size=3, max_overflow=0, operation_timeout=0.4, connect_timeout=1.0, pool_timeout=0.4
    )

    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("SELECT 1"))
        await asyncio.sleep(0.05)
        await database_session(request).execute(text("SELECT 2"))
        return Response()

    app = app_of(endpoint, database)
    async with database:
        requests = [asyncio.create_task(serve(app)) for _ in range(3)]
        await asyncio.sleep(0.04)
        network.silent = True
        requests += [asyncio.create_task(serve(app)) for _ in range(10)]
        async with asyncio.timeout(10):
            responses = await asyncio.gather(*requests)
        assert {response.status for response in responses} <= {200, 503}
        assert [response.status for response in responses[3:]] == [503] * 10
        network.silent = False
        await is_back(app, serve)
        await finish_shielded()  # of connections that were given up while they were made
        assert database.pool_status().in_use == 0


async def test_closing_does_not_hang(network: Network, far_url: str) -> None:
    database = Database(far_url, operation_timeout=0.4)
    await database.open()
    sessions = [database.new_session() for _ in range(4)]
    for session in sessions:
        await session.execute(text("SELECT 1"))
    for session in sessions[1:]:
        await session.close()
    network.silent = True
    async with asyncio.timeout(15):
        await database.close()
        with pytest.raises(DatabaseUnavailable):  # it cannot roll back
            await sessions[0].close()
        await sessions[0].close()
    assert database.pool_status().in_use == 0


async def test_readiness_is_known_at_its_time_out(cut_off: Database, network: Network) -> None:
    assert (await cut_off.readiness()).ready
    network.silent = True
    async with asyncio.timeout(1):
        state = await cut_off.readiness(timeout=0.1)
    assert (state.ready, state.reason) == (False, "no response in 0.1 s")
    network.silent = False
    await finish_shielded()
    assert (await cut_off.readiness()).ready


async def test_lost_packets_are_noticed_at_both_ends(url: str, driver: str) -> None:
    """By TCP, while a statement may take long, and while a transaction of a lost client holds locks."""
    expected = [(Database(url, operation_timeout=3), True), (Database(create_async_engine(url)), False)]
    if driver == "psycopg":
        expected.append((Database(f"{url}?tcp_user_timeout=7000"), False))
    for database, sets in expected:
        async with database.transaction() as session:
            connection = await session.connection()
            found = socket_of((await connection.get_raw_connection()).driver_connection)
            assert found is not None
            with found:
                options = [found.getsockopt(socket.IPPROTO_TCP, name) for name in CLIENT_OPTIONS]
                assert (options == [5, 1, 3, 3000]) is sets
                assert found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1 or not sets
            if driver != "asyncmy":
                values = [await session.scalar(text(f"SHOW {name}")) for name in SERVER_OPTIONS]
                assert (values == ["5", "1", "3", "3000"]) is sets
        await database.close()


async def test_a_platform_or_a_server_that_rejects_these_settings_keeps_its_own(
    url: str, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_keepalive, "IDLE", -1)
    async with Database(url) as database, database.transaction() as session:
        assert await session.scalar(text("SELECT 42")) == 42
        if driver != "asyncmy":
            assert await session.scalar(text("SHOW tcp_user_timeout")) == "0"
