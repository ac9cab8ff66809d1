"""A program that catches the error of a statement: nothing is acknowledged that the database has undone."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import pytest
from psycopg import OperationalError
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.ext.asyncio import create_async_engine

from armillary.asgi_types import HTTPException
from armillary.http import Request, Response, request_response
from armillary.sqlalchemy import (
    Database,
    DatabaseUnavailable,
    StatementTimeout,
    TransactionMiddleware,
    TransactionRetry,
    TransactionUndone,
    database_session,
    transactional,
)

pytestmark = pytest.mark.anyio
SPEND = text("UPDATE account SET balance = balance - 10 WHERE id = :id")
GAIN = text("UPDATE account SET balance = balance + 1000 WHERE id = :id")
SAME_OWNER = text("INSERT INTO account (id, owner, balance) VALUES (3, 'Ada', 0)")
servers = pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
postgresql = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"], indirect=True)


def app_of(endpoint: Any, database: Database) -> Any:
    return TransactionMiddleware(request_response(endpoint), database)


async def balances(database: Database) -> list[int]:
    async with database.transaction(read_only=True) as session:
        return list((await session.scalars(text("SELECT balance FROM account ORDER BY id"))).all())


def undoes_all(database: Database) -> bool:
    """Whether the database undoes the transaction, and not the statement alone."""
    return database.engine.dialect.name == "postgresql"


async def test_what_is_acknowledged_after_a_caught_error_is_stored(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(SPEND, {"id": 1})
        try:
            await database_session(request).execute(SAME_OWNER)
        except IntegrityError:
            pass
        return Response(status_code=201)

    sentence = re.escape("put a statement that may fail in `async with session.begin_nested():`")
    with pytest.raises(TransactionUndone, match=sentence) if undoes_all(database) else nullcontext():
        assert (await serve(app_of(endpoint, database))).status == 201
    assert await balances(database) == [100 if undoes_all(database) else 90, 100]


async def test_a_statement_after_a_caught_error_says_why_it_fails(database: Database) -> None:
    with pytest.raises(TransactionUndone, match="Unique") if undoes_all(database) else nullcontext():
        async with database.transaction() as session:
            with pytest.raises(IntegrityError):
                await session.execute(SAME_OWNER)
            await session.execute(SPEND, {"id": 1})


async def test_an_error_within_a_savepoint_undoes_no_more_than_that(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(SPEND, {"id": 1})
        for _ in range(2):
            with pytest.raises(IntegrityError):
                async with session.begin_nested():
                    await session.execute(SPEND, {"id": 2})
                    await session.execute(SAME_OWNER)
        async with session.begin_nested():
            await session.execute(SPEND, {"id": 1})
    assert await balances(database) == [80, 100]


@postgresql
async def test_a_value_that_the_driver_cannot_send_undoes_nothing(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(SPEND, {"id": 1})
        with pytest.raises(StatementError):
            await session.execute(text("UPDATE account SET owner = :owner"), {"owner": "\ud800"})
    assert await balances(database) == [90, 100]


@pytest.mark.parametrize("driver", ["aiosqlite"], indirect=True)
async def test_a_connection_with_a_listener_of_the_program_is_as_good_as_new_after_a_rollback(url: str) -> None:
    engine = create_async_engine(url)
    event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql("SELECT 1"))
    async with Database(engine) as database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE number (n INTEGER PRIMARY KEY)"))
        insert = text("INSERT OR ROLLBACK INTO number VALUES (1), (1)")
        with pytest.raises(IntegrityError):
            async with database.transaction() as session:
                await session.execute(insert)
        async with database.transaction() as session:
            assert (await session.scalar(text("SELECT count(*) FROM number"))) == 0


async def test_no_error_is_kept_by_a_connection_that_goes_back(database: Database) -> None:
    with pytest.raises(IntegrityError):
        async with database.transaction() as session:
            await session.execute(SAME_OWNER)
    async with database.engine.connect() as connection:  # the same one, before a transaction begins
        kept = (await connection.get_raw_connection()).info.values()
        assert not [found for found in kept if isinstance(found, Exception)]


@postgresql
async def test_what_ends_the_connection_within_a_savepoint_is_what_is_raised(database: Database) -> None:
    async def run(statement: str) -> None:
        async with database.transaction() as session, session.begin_nested():
            await session.execute(text(statement))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await run("SELECT pg_sleep(9)")
    with pytest.raises(DatabaseUnavailable):
        await run("SELECT pg_terminate_backend(pg_backend_pid())")


@postgresql
async def test_a_commit_that_raises_for_a_statement_that_took_too_long_ends_the_transaction(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 20"))
        with pytest.raises(StatementTimeout):
            await connection.execute(text("SELECT pg_sleep(5)"))
        with pytest.raises(StatementTimeout):
            await connection.commit()
        await connection.rollback()
        assert (await connection.scalar(text("SELECT 1"))) == 1


@servers
async def test_a_commit_that_raises_ends_the_transaction(database: Database) -> None:
    async with database.engine.connect() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(SAME_OWNER)
        with pytest.raises(TransactionUndone) if undoes_all(database) else nullcontext():
            await connection.commit()
        await connection.rollback()
        await connection.execute(SPEND, {"id": 1})
        await connection.commit()
    assert await balances(database) == [90, 100]


@pytest.mark.parametrize("driver", ["psycopg"], indirect=True)
async def test_a_lost_connection_that_cannot_connect_again_tries_once(database: Database) -> None:
    attempts: list[object] = []

    def connect(*arguments: object) -> None:
        attempts.append(arguments)
        raise OperationalError("nothing is there")

    async with database.engine.connect() as connection:
        with pytest.raises(DatabaseUnavailable):
            await connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await connection.rollback()
        event.listen(database.engine.sync_engine, "do_connect", connect)
        with pytest.raises(DBAPIError, match="nothing is there"):
            await connection.execute(text("SELECT 1"))
        event.remove(database.engine.sync_engine, "do_connect", connect)
    assert len(attempts) == 1


@pytest.mark.parametrize("driver", ["asyncmy"], indirect=True)
async def test_where_each_statement_is_a_transaction_a_deadlock_undoes_no_other(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        async with caught():
            await connection.execute(text("BEGIN NOT ATOMIC SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END"))
        await connection.execute(SPEND, {"id": 1})
    assert await balances(database) == [90, 100]


@asynccontextmanager
async def caught() -> Any:
    """Catch what a program may take for a mishap of one statement."""
    try:
        yield
    except HTTPException:
        pass


@servers
@pytest.mark.parametrize("catches", [False, True])
@pytest.mark.parametrize("within_savepoint", [False, True])
async def test_the_loser_of_a_deadlock_is_a_503_and_never_half_done(
    database: Database, serve: Any, within_savepoint: bool, catches: bool
) -> None:
    both_hold_one = asyncio.Barrier(2)

    async def endpoint(request: Request) -> Response:
        first, second = (1, 2) if request.scope["path"] == "/up" else (2, 1)
        session = database_session(request)
        await session.execute(SPEND, {"id": first})
        await both_hold_one.wait()
        savepoint = session.begin_nested() if within_savepoint else nullcontext()
        async with caught() if catches else nullcontext(), savepoint:
            await session.execute(SPEND, {"id": second})
        if catches:
            await session.execute(GAIN, {"id": first})
        return Response()

    async with asyncio.timeout(20):
        responses = await asyncio.gather(*(serve(app_of(endpoint, database), path) for path in ("/up", "/down")))
    if catches and within_savepoint and undoes_all(database):  # each of them kept what came before the savepoint
        assert [response.status for response in responses] == [200, 200]
        assert sorted(await balances(database)) == [1080, 1090]
    else:
        assert sorted(response.status for response in responses) == [200, 503]
        assert sorted(await balances(database)) == [90, 1090 if catches else 90]


@servers
async def test_the_loser_of_a_deadlock_within_a_savepoint_is_replayed(database: Database, serve: Any) -> None:
    both_hold_one = asyncio.Barrier(2)
    calls: list[str] = []

    @transactional(retry=TransactionRetry(attempts=10))
    async def endpoint(request: Request) -> Response:
        path = request.scope["path"]
        calls.append(path)
        first, second = (1, 2) if path == "/up" else (2, 1)
        session = database_session(request)
        await session.execute(SPEND, {"id": first})
        if calls.count(path) == 1:
            await both_hold_one.wait()
        async with session.begin_nested():
            await session.execute(SPEND, {"id": second})
        return Response()

    async with asyncio.timeout(20):
        responses = await asyncio.gather(*(serve(app_of(endpoint, database), path) for path in ("/up", "/down")))
    assert [response.status for response in responses] == [200, 200]
    assert await balances(database) == [80, 80]


@pytest.mark.parametrize("driver", ["aiosqlite"], indirect=True)
async def test_a_write_that_sqlite_interrupts_undoes_the_transaction_and_nothing_follows(database: Database) -> None:
    slow = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000000) SELECT count(*) FROM n)"
    with pytest.raises(StatementTimeout):
        async with database.transaction(statement_timeout=0.05) as session:
            await session.execute(SPEND, {"id": 1})
            async with caught():
                await session.execute(text(f"UPDATE account SET balance = {slow} WHERE id = 1"))
            await session.execute(SPEND, {"id": 2})
    assert await balances(database) == [100, 100]
    async with database.transaction() as session:  # the connection is as good as new
        await session.execute(SPEND, {"id": 2})
    assert await balances(database) == [100, 90]
