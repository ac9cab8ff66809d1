"""Statements, each within a time: who waits may leave, and the connection is kept."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from testkit import ASYNCIO, UVLOOP, Network, require_port

from armillary.concurrency.sql import BoundedStatements

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", [ASYNCIO, UVLOOP])]

CONNECTION = text("SELECT pg_backend_pid()")
TIMEOUT = 3.0


@pytest.fixture
async def network(anyio_backend: Any) -> AsyncIterator[Network]:
    require_port(5432)
    async with Network(5432) as made:
        yield made


@pytest.fixture(params=["psycopg", "asyncpg"])
async def statements(request: pytest.FixtureRequest, network: Network) -> AsyncIterator[BoundedStatements]:
    url = f"postgresql+{request.param}://postgres@127.0.0.1:{network.port}/test"
    made = BoundedStatements(create_async_engine(url, pool_size=1, max_overflow=0), TIMEOUT)
    yield made
    network.silent = False
    await made.close()


async def cancelled(statements: BoundedStatements, statement: str) -> None:
    task = asyncio.create_task(statements.execute(text(statement)))
    while not statements._engine.pool.checkedout() and not task.done():
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def ended(statements: BoundedStatements) -> None:
    async with asyncio.timeout(10):
        while statements._left:
            await asyncio.sleep(0.01)


async def test_a_caller_that_leaves_costs_no_connection(statements: BoundedStatements) -> None:
    connection = (await statements.execute(CONNECTION)).scalar()
    for _ in range(2):
        await cancelled(statements, "SELECT pg_sleep(0.1)")
        await ended(statements)
    assert (await statements.execute(CONNECTION)).scalar() == connection


async def test_what_a_caller_that_left_has_written_is_rolled_back(statements: BoundedStatements) -> None:
    table = f"left_{uuid4().hex}"
    await statements.execute(text(f"CREATE TABLE {table} (number INTEGER)"))
    try:
        await cancelled(statements, f"INSERT INTO {table} SELECT 1 FROM pg_sleep(0.1)")
        await ended(statements)
        assert (await statements.execute(text(f"SELECT count(*) FROM {table}"))).scalar() == 0
        await statements.execute(text(f"INSERT INTO {table} VALUES (2)"))
        assert (await statements.execute(text(f"SELECT number FROM {table}"))).scalars().all() == [2]
    finally:
        await statements.execute(text(f"DROP TABLE {table}"))


async def test_the_connection_of_a_caller_that_left_is_cut_when_its_time_is_over(
    statements: BoundedStatements, network: Network
) -> None:
    await statements.execute(CONNECTION)
    statements._timeout = 0.3
    network.silent = True
    await cancelled(statements, "SELECT 1")
    async with asyncio.timeout(TIMEOUT):
        while not all(task.cancelling() for task in statements._left):
            await asyncio.sleep(0.01)
    network.silent = False
    await ended(statements)
    statements._timeout = TIMEOUT
    assert (await statements.execute(text("SELECT 1"))).scalar() == 1


async def test_a_caller_that_leaves_while_it_waits_for_a_connection_is_forgotten_in_time(
    statements: BoundedStatements,
) -> None:
    statements._timeout = 0.5
    first = asyncio.create_task(statements.execute(text("SELECT pg_sleep(0.2)")))
    await asyncio.sleep(0)
    second = asyncio.create_task(statements.execute(text("SELECT 1")))
    await asyncio.sleep(0.05)
    second.cancel()
    await asyncio.wait([second])
    await first
    await ended(statements)
    assert statements._engine.pool.checkedout() == 0


async def test_a_statement_that_takes_longer_than_its_time_is_a_timeout_error(statements: BoundedStatements) -> None:
    await statements.execute(CONNECTION)
    statements._timeout = 0.1
    with pytest.raises(TimeoutError, match=r"it did not respond within 0\.1 s"):
        await statements.execute(text("SELECT pg_sleep(5)"))
    await ended(statements)


async def test_statements_wait_longer_than_the_time_for_a_connection_that_others_use(
    statements: BoundedStatements,
) -> None:
    statements._timeout = 0.5
    await asyncio.gather(*[statements.execute(text("SELECT pg_sleep(0.1)")) for _ in range(8)])


async def test_closing_ends_what_callers_left_behind(statements: BoundedStatements, network: Network) -> None:
    await statements.execute(CONNECTION)
    network.silent = True
    await cancelled(statements, "SELECT 1")
    await statements.close()
    network.silent = False
    async with asyncio.timeout(TIMEOUT / 2):
        await ended(statements)


async def test_an_error_that_nobody_waits_for_any_more_is_not_logged(
    statements: BoundedStatements, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(DBAPIError):
        await statements.execute(text("SELECT wrong"))
    await cancelled(statements, "SELECT 1 / (count(*) - 1) FROM pg_sleep(0.1)")
    await ended(statements)
    gc.collect()
    assert caplog.text == ""


class FailingEngine:
    """An engine whose connection fails in the same turn in which its caller is cancelled."""

    def connect(self) -> Any:
        return self

    async def __aenter__(self) -> None:
        raise ValueError("duplicate key")

    async def __aexit__(self, *exc_info: object) -> None: ...


async def test_an_error_in_the_turn_of_the_cancellation_is_not_logged(
    anyio_backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    statements = BoundedStatements(FailingEngine(), TIMEOUT)
    task = asyncio.create_task(statements.execute("anything"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    del task
    gc.collect()
    assert caplog.text == ""
