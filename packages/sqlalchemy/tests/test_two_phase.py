"""Two-phase transactions: one that is undone ends as any other, and is never half kept, nor said to be kept."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import TwoPhaseTransaction, text
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection
from testkit import PostgreSQLServer

from armillary.asgi_types import HTTPException
from armillary.sqlalchemy import Database, DatabaseError, TransactionConflict, TransactionUndone

pytestmark = pytest.mark.anyio
mariadb = pytest.mark.parametrize("driver", ["asyncmy"], indirect=True)
postgresql = pytest.mark.parametrize("driver", ["psycopg", "asyncpg"], indirect=True)
SPEND = text("UPDATE account SET balance = balance - 10 WHERE id = :id")


async def begin(connection: AsyncConnection) -> TwoPhaseTransaction:
    return await connection.run_sync(lambda connection: connection.begin_twophase())


async def end(connection: AsyncConnection, how: Any) -> None:
    await connection.run_sync(lambda _: how())


async def balances(database: Database) -> list[int]:
    async with database.transaction(read_only=True) as session:
        return list((await session.scalars(text("SELECT balance FROM account ORDER BY id"))).all())


async def is_left(database: Database, transaction: TwoPhaseTransaction) -> bool:
    """Whether the server keeps it, prepared, among those of everybody."""
    async with database.engine.connect() as connection:
        return any(row.data == transaction.xid for row in await connection.execute(text("XA RECOVER")))


async def lose_a_deadlock(database: Database, how_it_goes_on: Any) -> None:
    """Let two transactions get into each other's way; the loser goes on as said, the other is committed."""
    both_hold_one = asyncio.Barrier(2)
    lost: list[int] = []
    begun: list[TwoPhaseTransaction] = []

    async def spend(first: int, second: int) -> None:
        async with database.engine.connect() as connection:
            transaction = await begin(connection)
            begun.append(transaction)
            await connection.execute(SPEND, {"id": first})
            await both_hold_one.wait()
            try:
                await connection.execute(SPEND, {"id": second})
            except TransactionConflict:
                lost.append(first)
                await how_it_goes_on(connection, transaction)
            else:
                await end(connection, transaction.prepare)
                await end(connection, transaction.commit)
            # the same connection is as good as new
            assert (await connection.scalar(text("SELECT 1"))) == 1

    async with asyncio.timeout(20):
        await asyncio.gather(spend(1, 2), spend(2, 1))
    assert len(lost) == 1
    assert await balances(database) == [90, 90]
    assert not [transaction for transaction in begun if await is_left(database, transaction)]


@mariadb
async def test_the_loser_of_a_deadlock_can_be_rolled_back(database: Database) -> None:
    async def roll_back(connection: AsyncConnection, transaction: TwoPhaseTransaction) -> None:
        await end(connection, transaction.rollback)

    await lose_a_deadlock(database, roll_back)


@mariadb
@pytest.mark.parametrize("prepares", [False, True])
async def test_the_loser_of_a_deadlock_that_goes_on_keeps_nothing(database: Database, prepares: bool) -> None:
    async def go_on(connection: AsyncConnection, transaction: TwoPhaseTransaction) -> None:
        with pytest.raises(TransactionConflict):
            await connection.execute(SPEND, {"id": 1})
        with pytest.raises(TransactionConflict):
            await end(connection, transaction.prepare if prepares else transaction.commit)
        await connection.rollback()

    await lose_a_deadlock(database, go_on)


@mariadb
async def test_the_loser_of_a_deadlock_that_is_closed_leaves_a_connection_that_works(database: Database) -> None:
    async def go_away(connection: AsyncConnection, transaction: TwoPhaseTransaction) -> None:
        await end(connection, transaction.close)

    await lose_a_deadlock(database, go_away)


@mariadb
async def test_what_begins_after_a_lost_deadlock_knows_nothing_of_it(database: Database) -> None:
    async def begin_again(connection: AsyncConnection, transaction: TwoPhaseTransaction) -> None:
        await end(connection, transaction.rollback)
        again = await begin(connection)
        await connection.execute(text("SELECT 1"))
        await end(connection, again.commit)

    await lose_a_deadlock(database, begin_again)


@mariadb
@pytest.mark.parametrize("ending", ["commit", "rollback"])
@pytest.mark.parametrize("prepares", [False, True])
async def test_one_that_meets_nobody_is_committed_or_rolled_back(
    database: Database, ending: str, prepares: bool
) -> None:
    async with database.engine.connect() as connection:
        transaction = await begin(connection)
        await connection.execute(SPEND, {"id": 1})
        with suppress(HTTPException):  # a statement that fails undoes itself alone
            await connection.execute(text("BEGIN NOT ATOMIC SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1969; END"))
        if prepares:
            await end(connection, transaction.prepare)
        await end(connection, getattr(transaction, ending))
    assert await balances(database) == [90 if ending == "commit" else 100, 100]
    assert not await is_left(database, transaction)


@mariadb
async def test_one_that_begins_after_a_commit_that_raised_knows_nothing_of_it(database: Database) -> None:
    deadlock = "BEGIN NOT ATOMIC SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END"
    async with database.engine.connect() as connection:
        with pytest.raises(TransactionConflict):
            await connection.execute(text(deadlock))
        with pytest.raises(TransactionConflict):
            await connection.commit()
        await connection.rollback()
        transaction = await begin(connection)
        await connection.execute(SPEND, {"id": 1})
        await end(connection, transaction.commit)
    assert await balances(database) == [90, 100]


@postgresql
@pytest.mark.parametrize("ending", ["prepare", "commit"])
async def test_one_that_postgresql_has_undone_is_not_said_to_be_kept(database: Database, ending: str) -> None:
    same_owner = text("INSERT INTO account (id, owner, balance) VALUES (3, 'Ada', 0)")
    async with database.engine.connect() as connection:
        transaction = await begin(connection)
        await connection.execute(SPEND, {"id": 1})
        with pytest.raises(IntegrityError):
            await connection.execute(same_owner)
        with pytest.raises(TransactionUndone):
            await end(connection, getattr(transaction, ending))
        await connection.rollback()
        await connection.execute(SPEND, {"id": 2})
        await connection.commit()
    assert await balances(database) == [100, 90]


@postgresql
async def test_a_value_that_no_driver_can_send_undoes_no_two_phase_transaction(database: Database) -> None:
    async with database.engine.connect() as connection:
        transaction = await begin(connection)
        await connection.execute(SPEND, {"id": 1})
        with pytest.raises(StatementError):
            await connection.execute(text("UPDATE account SET owner = :owner"), {"owner": "\ud800"})
        await end(connection, transaction.commit)
    assert await balances(database) == [90, 100]


@pytest.fixture(scope="module")
def preparing_server() -> Iterator[str]:
    """A PostgreSQL that keeps prepared transactions; by default it keeps none."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with PostgreSQLServer(Path(folder) / "cluster", "max_prepared_transactions=10") as server:
            yield server.url


@pytest.fixture(params=["psycopg", "asyncpg"])
async def preparing(preparing_server: str, models: Any, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    url = preparing_server.replace("://", f"+{request.param}://")
    async with asyncio.timeout(60):
        while True:
            database = Database(url, metadata=models.Base.metadata)
            try:
                await database.create_tables()
                break
            except DatabaseError:  # it is starting
                await asyncio.sleep(0.05)
    async with database:
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM account"))
            session.add(models.Account(id=1, owner="Ada", balance=100))
        yield database


@pytest.mark.parametrize(("ending", "left"), [("commit", 90), ("rollback", 100)])
async def test_one_that_is_prepared_ends_as_said_whatever_failed_before(
    preparing: Database, ending: str, left: int
) -> None:
    async with preparing.engine.connect() as connection:
        transaction = await begin(connection)
        await connection.execute(SPEND, {"id": 1})
        with pytest.raises(StatementError):
            await connection.execute(text("UPDATE account SET owner = :owner"), {"owner": "\ud800"})
        await end(connection, transaction.prepare)
        await end(connection, getattr(transaction, ending))
    assert await balances(preparing) == [left]
    async with preparing.engine.connect() as connection:
        assert (await connection.execute(text("SELECT gid FROM pg_prepared_xacts"))).all() == []
