"""What comes more than once has its effect once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from armillary.sqlalchemy import Database, Inbox

pytestmark = pytest.mark.anyio


@pytest.fixture
async def inbox(database: Database) -> Inbox:
    inbox = Inbox(database)
    await inbox.create_table()
    await inbox.create_table()
    return inbox


async def deposit(database: Database, inbox: Inbox, key: str) -> None:
    """The effect of a task: one euro for account 1."""
    async with database.transaction() as session:
        if await inbox.record(session, key):
            await session.execute(text("UPDATE account SET balance = balance + 1 WHERE id = 1"))


async def balance(database: Database) -> Any:
    async with database.transaction() as session:
        return await session.scalar(text("SELECT balance FROM account WHERE id = 1"))


async def test_of_deliveries_at_once_one_has_the_effect(database: Database, inbox: Inbox) -> None:
    before = await balance(database)
    await asyncio.gather(*(deposit(database, inbox, "task-1") for _ in range(5)))
    await deposit(database, inbox, "task-1")
    await deposit(database, inbox, "Task-1")
    assert await balance(database) - before == 2


async def test_an_effect_that_is_rolled_back_happens_at_the_next_delivery(database: Database, inbox: Inbox) -> None:
    before = await balance(database)
    with pytest.raises(LookupError):
        async with database.transaction() as session:
            assert await inbox.record(session, "task-1") is True
            await session.execute(text("UPDATE account SET balance = balance + 1 WHERE id = 1"))
            raise LookupError
    await deposit(database, inbox, "task-1")
    assert await balance(database) - before == 1


async def test_keys_are_forgotten_by_age(database: Database, inbox: Inbox) -> None:
    async with database.transaction() as session:
        await inbox.record(session, "task-1")
    assert await inbox.forget() == 0
    assert await inbox.forget(older_than=-60) == 1
    async with database.transaction() as session:
        assert await inbox.record(session, "task-1") is True


async def test_a_key_that_is_none_is_an_error(database: Database, inbox: Inbox) -> None:
    async with database.transaction() as session:
        with pytest.raises(TypeError, match="key is text, got 7"):
            await inbox.record(session, 7)  # type: ignore[arg-type]
        for key in ("", "x" * 201):
            with pytest.raises(ValueError, match="key has 1 to 200 characters, got"):
                await inbox.record(session, key)
