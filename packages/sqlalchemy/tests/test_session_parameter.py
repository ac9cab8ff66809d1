"""The session of a request as a parameter of a typed endpoint."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from armillary.binding import BindingError, Depends, bind
from armillary.sqlalchemy import (
    CommitPolicy,
    Database,
    DatabaseSession,
    SessionMissing,
    SessionOf,
    TransactionConflict,
    TransactionMiddleware,
    TransactionOptions,
    TransactionRetry,
    database_session,
    transactional,
)
from armillary.sqlalchemy.transactions._unit_of_work import UnitOfWork

pytestmark = pytest.mark.anyio

WITHDRAW = text("UPDATE account SET balance = balance - 30 WHERE id = 1")
BALANCE = text("SELECT balance FROM account WHERE id = 1")


async def balance(database: Database) -> Any:
    async with database.transaction(read_only=True) as session:
        return await session.scalar(BALANCE)


async def withdraw(session: DatabaseSession) -> AsyncSession:
    await session.execute(WITHDRAW)
    return session


async def test_an_endpoint_and_its_dependency_get_the_session_of_the_request(database: Database, serve: Any) -> None:
    async def endpoint(session: DatabaseSession, used: Annotated[AsyncSession, Depends(withdraw)]) -> bool:
        return session is used

    app = bind(endpoint)
    assert app.signature.parameters == ()
    response = await serve(TransactionMiddleware(app, database))
    assert (response.status, response.body) == (200, b"true")
    assert await balance(database) == 70


async def test_the_session_of_one_of_several_databases_is_named(url: str, serve: Any) -> None:
    archive = Database(url, name="archive")

    async def endpoint(session: Annotated[AsyncSession, SessionOf("archive")]) -> int:
        return int(await session.scalar(text("SELECT 42")) or 0)

    async with archive:
        response = await serve(TransactionMiddleware(bind(endpoint), archive))
    assert response.body == b"42"


async def test_without_the_middleware_the_error_names_it(serve: Any) -> None:
    async def endpoint(session: DatabaseSession) -> None: ...

    with pytest.raises(SessionMissing, match="TransactionMiddleware"):
        await serve(bind(endpoint))


async def test_transactional_takes_an_endpoint_whose_only_parameter_is_the_session(
    database: Database, serve: Any, driver: str
) -> None:
    level = {
        "asyncmy": "SELECT @@session.tx_isolation",
        "aiosqlite": "SELECT 'SERIALIZABLE'",
    }.get(driver, "SHOW transaction_isolation")

    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(session: DatabaseSession) -> str:
        await session.execute(WITHDRAW)
        return str(await session.scalar(text(level))).upper()

    response = await serve(TransactionMiddleware(bind(endpoint), database))
    assert response.body == b'"SERIALIZABLE"'
    assert await balance(database) == 70


async def test_an_endpoint_that_runs_again_gets_the_same_session_without_what_it_did_before(
    database: Database, serve: Any
) -> None:
    runs = []

    @transactional(retry=TransactionRetry(attempts=2, first_delay=0))
    async def endpoint(session: DatabaseSession) -> int:
        await session.execute(WITHDRAW)
        runs.append(session)
        if len(runs) == 1:
            raise TransactionConflict
        return int(await session.scalar(BALANCE) or 0)

    response = await serve(TransactionMiddleware(bind(endpoint), database))
    assert response.body == b"70"
    assert runs[0] is runs[1]
    assert await balance(database) == 70


async def test_options_are_too_late_for_a_session_that_a_dependency_has_used(database: Database, serve: Any) -> None:
    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(session: DatabaseSession) -> None: ...

    with pytest.raises(RuntimeError, match="before its session is used"):
        await serve(TransactionMiddleware(bind(endpoint, dependencies=[Depends(withdraw)]), database))
    assert await balance(database) == 100


async def test_options_that_come_too_late_change_nothing(database: Database) -> None:
    unit = UnitOfWork(database, CommitPolicy(), TransactionOptions(), None)
    session = unit.transaction().session
    await session.execute(BALANCE)
    with pytest.raises(RuntimeError, match="before its session is used"):
        unit.configure(TransactionOptions(isolation_level="SERIALIZABLE"))
    await unit.restart()
    unit.configure(TransactionOptions(read_only=True))
    assert unit._options == TransactionOptions(read_only=True)
    await unit.roll_back()


async def test_the_session_names_its_bind_after_options_are_set(database: Database, serve: Any) -> None:
    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(session: DatabaseSession) -> bool:
        same = session.bind is not None and session.get_bind() is session.bind.sync_engine
        await session.execute(WITHDRAW)
        return same and session.bind is not None

    response = await serve(TransactionMiddleware(bind(endpoint), database))
    assert response.body == b"true"


def test_no_client_chooses_the_database_through_a_dependency_on_database_session() -> None:
    async def endpoint(session: Annotated[AsyncSession, Depends(database_session)]) -> None: ...

    with pytest.raises(BindingError, match="connection"):
        bind(endpoint)
