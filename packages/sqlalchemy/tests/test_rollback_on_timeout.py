"""A lock wait time-out on MariaDB undoes its statement; with `innodb_rollback_on_timeout` it undoes the transaction."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from testkit import MariaDBServer

from armillary.sqlalchemy import Database, TransactionConflict

pytestmark = pytest.mark.anyio
SPEND = text("UPDATE account SET balance = balance - 10 WHERE id = :id")
GAIN = text("UPDATE account SET balance = balance + 1000 WHERE id = :id")


@pytest.fixture(scope="module", params=[True, False], ids=["undoes all", "undoes the statement"])
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, bool]]:
    with tempfile.TemporaryDirectory() as folder:
        made = MariaDBServer(
            Path(folder),
            f"--innodb-rollback-on-timeout={'ON' if request.param else 'OFF'}",
            "--innodb-lock-wait-timeout=1",
        )
        with made:
            yield made.url, request.param


@pytest.fixture
async def database(server: tuple[str, bool], models: Any) -> AsyncIterator[Database]:
    database = Database(server[0], metadata=models.Base.metadata)
    await database.create_tables()
    async with database:
        async with database.transaction() as session:
            await session.execute(text("DELETE FROM account"))
            session.add_all([models.Account(id=1, owner="Ada", balance=100)])
            session.add_all([models.Account(id=2, owner="Bob", balance=100)])
        yield database
        assert database.pool_status().in_use == 0


@pytest.fixture
def undoes_all(server: tuple[str, bool]) -> bool:
    return server[1]


async def balances(database: Database) -> list[int]:
    async with database.transaction(read_only=True) as session:
        return list((await session.scalars(text("SELECT balance FROM account ORDER BY id"))).all())


async def wait_for_a_lock_in_vain(database: Database, *, within_savepoint: bool, then: Any) -> None:
    """Spend of one account, wait in vain for the other, catch that, and go on."""
    async with database.transaction() as holder:
        await holder.execute(SPEND, {"id": 2})
        async with database.transaction() as session:
            await session.execute(SPEND, {"id": 1})
            try:
                async with session.begin_nested() if within_savepoint else nullcontext():
                    await session.execute(SPEND, {"id": 2})
            except TransactionConflict:
                pass
            await then(session)


@pytest.mark.parametrize("within_savepoint", [False, True])
async def test_a_program_that_goes_on_keeps_the_whole_transaction_or_nothing(
    database: Database, undoes_all: bool, within_savepoint: bool
) -> None:
    async def gain(session: Any) -> None:
        await session.execute(GAIN, {"id": 1})

    with pytest.raises(TransactionConflict) if undoes_all else nullcontext():
        await wait_for_a_lock_in_vain(database, within_savepoint=within_savepoint, then=gain)
    assert await balances(database) == ([100, 100] if undoes_all else [1090, 90])


async def test_what_a_lock_wait_undid_is_not_reported_as_committed(database: Database, undoes_all: bool) -> None:
    async def nothing(session: Any) -> None:
        return None

    with pytest.raises(TransactionConflict) if undoes_all else nullcontext():
        await wait_for_a_lock_in_vain(database, within_savepoint=False, then=nothing)
    assert await balances(database) == ([100, 100] if undoes_all else [90, 90])


async def test_the_server_is_asked_once_and_only_after_a_time_out(database: Database, undoes_all: bool) -> None:
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        if "innodb_rollback_on_timeout" in statement:
            asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.transaction() as session:
        await session.execute(GAIN, {"id": 1})
    assert not asked

    async def gain(session: Any) -> None:
        await session.execute(GAIN, {"id": 1})
        await session.execute(GAIN, {"id": 1})

    with pytest.raises(TransactionConflict) if undoes_all else nullcontext():
        await wait_for_a_lock_in_vain(database, within_savepoint=False, then=gain)
    assert len(asked) == 1
