"""Isolation, read-only routes, statement time-outs and replays, on every database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from armillary.asgi_types import HTTPException, WebSocketException
from armillary.http import PlainTextResponse, Request, Response, request_response
from armillary.sqlalchemy import (
    CommitPolicy,
    Database,
    StatementTimeout,
    TransactionConflict,
    TransactionMiddleware,
    TransactionOptions,
    TransactionRetry,
    database_session,
    transactional,
)

pytestmark = pytest.mark.anyio

SLOW = {
    "aiosqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000000) "
    "SELECT count(*) FROM n",
    "asyncmy": "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, "
    "information_schema.columns c",
}


def app_of(endpoint: Any, database: Database, **options: Any) -> Any:
    return TransactionMiddleware(request_response(endpoint), database, **options)


async def balance(database: Database, account: int = 1) -> int:
    async with database.transaction(read_only=True) as session:
        return int(await session.scalar(text(f"SELECT balance FROM account WHERE id = {account}")) or 0)


async def test_the_isolation_level_of_a_route_is_its_transactions_alone(
    database: Database, serve: Any, driver: str
) -> None:
    question = {"psycopg": "SHOW transaction_isolation", "asyncpg": "SHOW transaction_isolation"}.get(driver)
    if driver == "asyncmy":
        question = "SELECT @@session.tx_isolation"
    seen = []

    @transactional(isolation_level="SERIALIZABLE")
    async def strict(request: Request) -> Response:
        seen.append(str(await database_session(request).scalar(text(question or "SELECT 'SERIALIZABLE'"))))
        return Response()

    async def plain(request: Request) -> Response:
        seen.append(str(await database_session(request).scalar(text(question or "SELECT 'other'"))))
        return Response()

    await serve(app_of(strict, database))
    await serve(app_of(plain, database))
    assert seen[0].upper() == "SERIALIZABLE"
    assert seen[1].upper() != "SERIALIZABLE"


async def test_a_read_only_route_cannot_write_and_the_next_one_can(database: Database, serve: Any) -> None:
    async def write(request: Request) -> Response:
        await database_session(request).execute(text("UPDATE account SET balance = 1 WHERE id = 1"))
        return Response()

    with pytest.raises(DBAPIError):
        await serve(app_of(transactional(read_only=True)(write), database))
    assert await balance(database) == 100
    with pytest.raises(DBAPIError):
        await serve(app_of(write, database, read_only=True))
    await serve(app_of(write, database))
    assert await balance(database) == 1


async def test_a_statement_that_takes_too_long_is_ended_with_a_503(database: Database, serve: Any, driver: str) -> None:
    slow = SLOW.get(driver, "SELECT pg_sleep(20)")

    @transactional(statement_timeout=0.2)
    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text(slow))
        return Response()

    async with asyncio.timeout(10):
        response = await serve(app_of(endpoint, database))
    assert response.status == 503
    assert "retry-after" in response.headers
    async with database.transaction() as session:  # the next one on the same connection has no limit
        assert await session.scalar(text("SELECT 1")) == 1


async def test_a_time_out_above_the_limit_of_the_database_is_capped(database: Database, serve: Any) -> None:
    @transactional(statement_timeout=1e9)
    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("SELECT 1"))
        return Response()

    assert (await serve(app_of(endpoint, database))).status == 200


async def test_a_deadlock_or_serialization_failure_is_replayed_if_that_is_safe(database: Database, serve: Any) -> None:
    """Both read the same row, then change it: the second one must not overwrite what it has not seen."""
    calls = 0
    both_read = asyncio.Barrier(2)
    first_calls: set[int] = set()

    @transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=10))
    async def spend(request: Request) -> Response:
        nonlocal calls
        calls += 1
        left = await database_session(request).scalar(text("SELECT balance FROM account WHERE id = 1"))
        if id(request) not in first_calls and not database.url.startswith("sqlite"):
            first_calls.add(id(request))
            await both_read.wait()
        await database_session(request).execute(text(f"UPDATE account SET balance = {left - 10} WHERE id = 1"))
        return Response()

    app = app_of(spend, database)
    responses = await asyncio.gather(serve(app), serve(app))
    assert [response.status for response in responses] == [200, 200]
    assert await balance(database) == 80
    assert calls == (2 if database.url.startswith("sqlite") else 3)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
async def test_of_two_requests_in_a_deadlock_one_is_replayed(database: Database, serve: Any) -> None:
    """Each has changed the row that the other one is about to change."""
    both_hold_one = asyncio.Barrier(2)
    calls: list[str] = []

    @transactional(isolation_level="READ COMMITTED", retry=TransactionRetry(attempts=10))
    async def endpoint(request: Request) -> Response:
        path = request.scope["path"]
        first, second = (1, 2) if path == "/up" else (2, 1)
        calls.append(path)
        await database_session(request).execute(text(f"UPDATE account SET balance = balance - 10 WHERE id = {first}"))
        if calls.count(path) == 1:
            await both_hold_one.wait()
        await database_session(request).execute(text(f"UPDATE account SET balance = balance - 10 WHERE id = {second}"))
        return Response()

    app = app_of(endpoint, database)
    async with asyncio.timeout(20):
        responses = await asyncio.gather(serve(app, "/up"), serve(app, "/down"))
    assert [response.status for response in responses] == [200, 200]
    assert len(calls) >= 3  # the replay may take a row before the other, which waits for it, wakes up
    assert (await balance(database, 1), await balance(database, 2)) == (80, 80)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"], indirect=True)
async def test_a_conflict_that_shows_at_the_commit_becomes_the_response_or_is_replayed(
    database: Database, serve: Any
) -> None:
    """Two transactions each read what the other one wrote, which fails when the second one commits."""
    both_wrote = asyncio.Barrier(2)

    async def endpoint(request: Request) -> Response:
        path = request.scope["path"]
        read, write = (1, 2) if path == "/up" else (2, 1)
        seen = await database_session(request).scalar(text(f"SELECT balance FROM account WHERE id = {read}"))
        if seen < 100:
            return Response(status_code=409)
        await database_session(request).execute(text(f"UPDATE account SET balance = 0 WHERE id = {write}"))
        await both_wrote.wait()
        return Response()

    async with asyncio.timeout(20):
        once = app_of(transactional(isolation_level="SERIALIZABLE")(endpoint), database)
        responses = await asyncio.gather(serve(once, "/up"), serve(once, "/down"))
        assert sorted(response.status for response in responses) == [200, 503]
        assert sorted([await balance(database, 1), await balance(database, 2)]) == [0, 100]
        async with database.transaction() as session:
            await session.execute(text("UPDATE account SET balance = 100"))
        again = app_of(transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry())(endpoint), database)
        responses = await asyncio.gather(serve(again, "/up"), serve(again, "/down"))
        assert sorted(response.status for response in responses) == [200, 409]


async def test_time_outs_that_differ_each_time_are_not_kept() -> None:
    database = Database("sqlite://")
    for number in range(300):
        async with database.transaction(statement_timeout=1 + number / 1000):
            pass
    assert len(database._engines) <= 100


async def test_what_is_not_declared_safe_is_a_503_and_not_replayed(database: Database, serve: Any) -> None:
    calls = 0

    async def endpoint(request: Request) -> Response:
        nonlocal calls
        calls += 1
        raise TransactionConflict

    assert (await serve(app_of(endpoint, database))).status == 503
    assert calls == 1


async def test_replays_end_after_the_declared_attempts(database: Database, serve: Any) -> None:
    calls = 0

    @transactional(retry=TransactionRetry(attempts=3, first_delay=0))
    async def endpoint(request: Request) -> Response:
        nonlocal calls
        calls += 1
        await database_session(request).execute(text("UPDATE account SET balance = balance - 1 WHERE id = 1"))
        raise TransactionConflict

    assert (await serve(app_of(endpoint, database))).status == 503
    assert calls == 3
    assert await balance(database) == 100


async def test_a_body_is_read_again_by_the_replay(database: Database, serve: Any) -> None:
    bodies = []

    @transactional(retry=TransactionRetry(attempts=2, first_delay=0))
    async def endpoint(request: Request) -> Response:
        bodies.append(await request.body())
        if len(bodies) == 1:
            raise TransactionConflict
        return PlainTextResponse("done")

    response = await serve(app_of(endpoint, database), body=b"once")
    assert (response.body, bodies) == (b"done", [b"once", b"once"])


async def test_fifty_concurrent_transfers_under_serializable_never_change_the_sum(
    database: Database, url: str, serve: Any
) -> None:
    patient = Database(url, pool_size=8, max_overflow=0, pool_timeout=120, connect_timeout=60)
    async with database.transaction() as session:
        for number in range(3, 13):
            await session.execute(text(f"INSERT INTO account VALUES ({number}, 'owner{number}', 100)"))

    @transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=100, longest_delay=0.2))
    async def transfer(request: Request) -> Response:
        number = int(request.scope["path"].strip("/"))
        source, target = number % 12 + 1, (number * 5 + 2) % 12 + 1
        held = database_session(request)
        available = await held.scalar(text(f"SELECT balance FROM account WHERE id = {source}"))
        if available < 10 or source == target:
            return Response(status_code=409)
        received = await held.scalar(text(f"SELECT balance FROM account WHERE id = {target}"))
        await held.execute(text(f"UPDATE account SET balance = {available - 10} WHERE id = {source}"))
        await held.execute(text(f"UPDATE account SET balance = {received + 10} WHERE id = {target}"))
        return Response()

    app = app_of(transfer, patient)
    responses = await asyncio.gather(*(serve(app, f"/{number}") for number in range(50)))
    await patient.close()
    assert {response.status for response in responses} <= {200, 409}
    assert sum(response.status == 200 for response in responses) >= 20
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT SUM(balance) FROM account")) == 1200
        assert await session.scalar(text("SELECT MIN(balance) FROM account")) >= 0


async def test_options_after_the_first_statement_are_rejected(database: Database, serve: Any) -> None:
    @transactional(read_only=True)
    async def late(request: Request) -> Response:
        return Response()

    async def endpoint(request: Request) -> Response:
        await database_session(request).execute(text("SELECT 1"))
        return await late(request)

    with pytest.raises(RuntimeError, match="before its session is used"):
        await serve(app_of(endpoint, database))


def test_wrong_options_are_rejected_at_once() -> None:
    with pytest.raises(ValueError, match="isolation_level"):
        TransactionOptions(isolation_level="STRICT")
    seconds: Any
    for seconds in (0, "5", float("nan"), float("inf")):
        with pytest.raises(ValueError, match="statement_timeout"):
            transactional(statement_timeout=seconds)
    with pytest.raises(ValueError, match="attempts"):
        TransactionRetry(attempts=0)
    for attempts in (2.5, "3"):
        with pytest.raises(ValueError, match="attempts"):
            TransactionRetry(attempts=attempts)  # type: ignore[arg-type]
    for seconds in (-1, "1", float("nan")):
        with pytest.raises(ValueError, match="delay"):
            TransactionRetry(first_delay=seconds)
        with pytest.raises(ValueError, match="delay"):
            TransactionRetry(longest_delay=seconds)
    with pytest.raises(TypeError, match="commit_on"):
        CommitPolicy(commit_on=200)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="policy"):
        TransactionMiddleware(Response(), Database("sqlite://"), policy=lambda status: True)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="retry"):
        transactional(retry=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="async def"):
        transactional()(lambda request: request)
    with pytest.raises(TypeError, match="source"):
        TransactionMiddleware(request_response(lambda request: None), "sqlite://")  # type: ignore[arg-type]


async def test_a_function_without_a_request_raises() -> None:
    @transactional()
    async def endpoint(number: int) -> None: ...

    with pytest.raises(TypeError, match="without a request"):
        await endpoint(3)


def test_delays_between_attempts_are_capped() -> None:
    delays = [max(list(TransactionRetry(attempts=20, longest_delay=0.5).delays())[-5:]) for _ in range(20)]
    assert 0 < max(delays) <= 0.5


def test_database_errors_are_responses() -> None:
    for error in (StatementTimeout(), TransactionConflict()):
        assert isinstance(error, HTTPException)
        assert error.status_code == 503
    assert not issubclass(StatementTimeout, WebSocketException)


async def test_a_replay_has_the_same_session_empty(database: Database, serve: Any, models: Any) -> None:
    held: list[Any] = []

    @transactional(retry=TransactionRetry(attempts=2, first_delay=0))
    async def endpoint(request: Request) -> Response:
        held.append(database_session(request))
        account = await held[0].get_one(models.Account, 1)  # objects that keep the session work in the replay too
        assert account.balance == 100
        account.balance -= 10
        await held[0].flush()
        if len(held) == 1:
            raise TransactionConflict
        return Response()

    assert (await serve(app_of(endpoint, database))).status == 200
    assert held[0] is held[1]
    assert await balance(database) == 90
