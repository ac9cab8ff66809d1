"""One transaction for each request, on every database."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from armillary.asgi_types import ClientDisconnect, HTTPException, scope_record
from armillary.exchange import has_response_started, track
from armillary.http import JSONResponse, PlainTextResponse, Request, Response, StreamingResponse, request_response
from armillary.sqlalchemy import (
    CommitPolicy,
    Database,
    SessionClosed,
    SessionMissing,
    TransactionMiddleware,
    database_session,
    handle_constraint_violation,
    set_rollback_only,
    transaction,
    transactional,
)

pytestmark = pytest.mark.anyio


async def balance(database: Database, account: int = 1) -> int:
    async with database.transaction(read_only=True) as session:
        return int(await session.scalar(text(f"SELECT balance FROM account WHERE id = {account}")) or 0)


async def withdraw(request: Any, amount: int = 30) -> None:
    await database_session(request).execute(text(f"UPDATE account SET balance = balance - {amount} WHERE id = 1"))


def app_of(endpoint: Any, database: Database, **options: Any) -> Any:
    return TransactionMiddleware(request_response(endpoint), database, **options)


async def test_the_work_of_a_request_is_committed_before_the_response_starts(database: Database, serve: Any) -> None:
    seen = []

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return PlainTextResponse("done")

    def on_send(message: Any) -> None:
        seen.append((message["type"], database.pool_status().in_use))

    response = await serve(app_of(endpoint, database), on_send=on_send)
    assert response.status == 200
    assert await balance(database) == 70
    assert seen == [("http.response.start", 0), ("http.response.body", 0)]


async def test_the_session_is_the_same_for_the_whole_request(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        assert database_session(request) is database_session(request.scope) is database_session(request)
        return Response()

    assert (await serve(app_of(endpoint, database))).status == 200


async def test_a_request_without_statements_takes_no_connection(url: str, serve: Any) -> None:
    database = Database(url)

    async def endpoint(request: Request) -> Response:
        database_session(request)
        return Response()

    await serve(app_of(endpoint, database))
    status = database.pool_status()
    assert (status.in_use, status.idle) == (0, 0)


async def test_the_connection_is_back_before_background_tasks_run(database: Database, serve: Any) -> None:
    in_use = []

    async def background() -> None:
        in_use.append(database.pool_status().in_use)

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        assert database.pool_status().in_use == 1
        return Response(background=background)

    await serve(app_of(endpoint, database))
    assert in_use == [0]


@pytest.mark.parametrize(("status", "left"), [(200, 70), (303, 70), (400, 100), (409, 100), (503, 100)])
async def test_a_status_of_400_or_more_rolls_back(database: Database, serve: Any, status: int, left: int) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return Response(status_code=status)

    assert (await serve(app_of(endpoint, database))).status == status
    assert await balance(database) == left


async def test_the_policy_decides_which_statuses_are_kept(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return Response(status_code=422)

    policy = CommitPolicy(commit_on=lambda status: status < 500)
    await serve(app_of(endpoint, database, policy=policy))
    assert await balance(database) == 70


async def test_an_exception_rolls_back_and_keeps_its_identity(database: Database, serve: Any) -> None:
    error = ValueError("no")

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        raise error

    with pytest.raises(ValueError) as caught:
        await serve(app_of(endpoint, database))
    assert caught.value is error
    assert await balance(database) == 100


async def test_the_response_to_an_exception_rolls_back_whatever_its_status(database: Database, serve: Any) -> None:
    class NotLoggedIn(Exception):
        pass

    async def handler(request: Request, exc: Exception) -> Response:
        return Response(status_code=303, headers={"location": "/login"})

    async def endpoint(request: Request) -> Response:
        scope_record(request.scope)["exception_handlers"] = {NotLoggedIn: handler}
        await withdraw(request)
        raise NotLoggedIn

    assert (await serve(app_of(endpoint, database))).status == 303
    assert await balance(database) == 100


async def test_an_exception_that_was_handled_before_the_transaction_opened_rolls_nothing_back(
    database: Database, serve: Any
) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return Response()

    inner = request_response(endpoint)

    async def retried(scope: Any, receive: Any, send: Any) -> None:
        try:
            raise KeyError
        except KeyError:
            await inner(scope, receive, send)

    await serve(TransactionMiddleware(retried, database))
    assert await balance(database) == 70


async def test_a_commit_that_fails_becomes_the_response(
    database: Database, serve: Any, driver: str, models: Any
) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        if driver == "asyncmy":  # no constraint waits for the commit; what is flushed then does
            database_session(request).add(models.Account(id=9, owner="Ada", balance=1))
        else:
            for statement in (
                "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
                "CREATE TABLE child (parent INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)",
                "INSERT INTO child VALUES (7)",
            ):
                await database_session(request).execute(text(statement))
        return Response("done")

    async def rendering(scope: Any, receive: Any, send: Any) -> None:
        try:
            await request_response(endpoint)(scope, receive, send)
        except IntegrityError as exc:
            await handle_constraint_violation(None, exc)(scope, receive, send)

    response = await serve(TransactionMiddleware(rendering, database))
    assert response.status == 409
    assert b"done" not in response.body
    assert await balance(database) == 100


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("INSERT INTO account VALUES (3, 'Ada', 5)", 409),
        ("INSERT INTO entry (id, account_id, amount) VALUES (1, 77, 5)", 409),
        ("INSERT INTO account VALUES (3, NULL, 5)", 400),
        ("UPDATE account SET balance = -1 WHERE id = 2", 400),
    ],
)
async def test_a_constraint_violation_is_a_response_and_nothing_is_half_written(
    database: Database, serve: Any, statement: str, status: int
) -> None:
    async def endpoint(request: Request) -> Response:
        scope_record(request.scope)["exception_handlers"] = {
            IntegrityError: handle_constraint_violation,
        }
        await withdraw(request)
        await database_session(request).execute(text(statement))
        return Response()

    response = await serve(app_of(endpoint, database))
    assert response.status == status
    assert b"account" not in response.body
    assert await balance(database) == 100


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("owner", "a\ud800b"),
        ("owner", "\udc80"),
        ("owner", "\udce0\udcff' OR 1=1"),
        ("balance", 2**70),
        ("balance", 10**400),
    ],
    ids=ascii,
)
async def test_a_value_that_no_column_can_hold_is_the_clients_fault_on_every_database(
    database: Database, serve: Any, column: str, value: Any, models: Any
) -> None:
    """Whether the server rejects it or the driver, which may raise an exception of Python instead of its own."""

    async def endpoint(request: Request) -> Response:
        scope_record(request.scope)["exception_handlers"] = {DataError: handle_constraint_violation}
        await withdraw(request)
        changed = update(models.Account).where(models.Account.id == 2).values({column: value})
        await database_session(request).execute(changed)
        return Response()

    async def endpoint_that_flushes(request: Request) -> Response:
        scope_record(request.scope)["exception_handlers"] = {DataError: handle_constraint_violation}
        await withdraw(request)
        setattr(await database_session(request).get_one(models.Account, 2), column, value)
        await database_session(request).flush()
        return Response()

    for function in (endpoint, endpoint_that_flushes):
        response = await serve(app_of(function, database))
        assert (response.status, json.loads(response.body)["detail"]) == (400, "A value is missing or not allowed.")
    assert await balance(database) == 100


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
@pytest.mark.parametrize(("column", "value"), [("owner", "x" * 60), ("balance", 2**40), ("owner", "a\0b")], ids=ascii)
async def test_a_value_that_a_server_rejects_is_a_data_error_with_every_driver(
    database: Database, driver: str, column: str, value: Any, models: Any
) -> None:
    if driver == "asyncmy" and value == "a\0b":
        value = "x" * 51  # MariaDB has text with zero bytes
    changed = update(models.Account).where(models.Account.id == 2).values({column: value})
    with pytest.raises(DataError):
        async with database.transaction() as session:
            await session.execute(changed)


async def test_the_error_of_a_value_hides_parameters_if_the_engine_does(url: str) -> None:
    database = Database(url, engine_options={"hide_parameters": True})
    with pytest.raises(DataError) as caught:
        async with database.transaction() as session:
            await session.scalar(text("SELECT :value"), {"value": "secret\ud800"})
    assert "[SQL parameters hidden" in str(caught.value)
    await database.close()


async def test_a_result_with_errors_rolls_back_though_its_status_is_200(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        scope_record(request.scope)["result_has_errors"] = True
        return JSONResponse({"data": None, "errors": [{"message": "no"}]})

    assert (await serve(app_of(endpoint, database))).status == 200
    assert await balance(database) == 100
    await serve(app_of(endpoint, database, policy=CommitPolicy(keep_result_errors=True)))
    assert await balance(database) == 70


async def test_an_endpoint_may_prevent_the_commit(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        set_rollback_only(request)
        return Response()

    assert (await serve(app_of(endpoint, database))).status == 200
    assert await balance(database) == 100


async def test_a_disconnected_client_rolls_back(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return Response()

    await serve(app_of(endpoint, database), disconnect_after=1)
    assert await balance(database) == 100
    await serve(app_of(endpoint, database, policy=CommitPolicy(keep_disconnected=True)), disconnect_after=1)
    assert await balance(database) == 70


async def test_a_disconnect_received_while_the_body_is_read_rolls_back(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        await request.body()
        return Response()

    with pytest.raises(ClientDisconnect):
        await serve(app_of(endpoint, database), disconnect_after=0)
    assert await balance(database) == 100


async def test_looking_for_a_disconnect_takes_nothing_from_the_application(database: Database, serve: Any) -> None:
    async def echo_after_start(scope: Any, receive: Any, send: Any) -> None:
        await withdraw(scope)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        message = await receive()
        await send({"type": "http.response.body", "body": message["body"]})

    response = await serve(TransactionMiddleware(echo_after_start, database), body=b"hello")
    assert response.body == b"hello"


async def test_a_cancelled_request_rolls_back_and_returns_its_connection(database: Database, serve: Any) -> None:
    reached = asyncio.Event()

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        reached.set()
        await asyncio.sleep(60)
        return Response()

    task = asyncio.create_task(serve(app_of(endpoint, database)))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(200):
        if database.pool_status().in_use == 0:
            break
        await asyncio.sleep(0.01)
    assert await balance(database) == 100


async def test_a_request_cancelled_in_the_middle_of_a_statement_leaves_no_connection(
    database: Database, serve: Any, driver: str
) -> None:
    slow = {
        "aiosqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
        "SELECT count(*) FROM n",
        "asyncmy": "SELECT SLEEP(1)",
    }.get(driver, "SELECT pg_sleep(1)")

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        await database_session(request).execute(text(slow))
        return Response()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await serve(app_of(endpoint, database))
    for _ in range(500):
        if database.pool_status().in_use == 0:
            break
        await asyncio.sleep(0.01)
    assert await balance(database) == 100


TERMINATE = {
    "psycopg": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
    "asyncpg": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
    "asyncmy": ("SELECT connection_id()", "KILL {}"),
}


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg", "asyncmy"], indirect=True)
@pytest.mark.parametrize("decorate", [transactional(), lambda endpoint: endpoint], ids=["transactional", "plain"])
async def test_a_connection_lost_before_the_rollback_changes_neither_response_nor_exception(
    database: Database, serve: Any, driver: str, decorate: Any
) -> None:
    """The database rolls back by itself."""
    ask, lose = TERMINATE[driver]
    error = ValueError("no")

    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        number = await database_session(request).scalar(text(ask))
        async with database.transaction() as other:
            await other.execute(text(lose.format(number)))
        await asyncio.sleep(0.05)
        if request.scope["path"] == "/raises":
            raise error
        return Response(status_code=409)

    app = app_of(decorate(endpoint), database)
    assert (await serve(app)).status == 409
    with pytest.raises(ValueError) as caught:
        await serve(app, "/raises")
    assert caught.value is error
    assert database.pool_status().in_use == 0
    assert await balance(database) == 100


async def test_a_stream_has_a_transaction_of_its_own(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)

        async def lines() -> Any:
            async with transaction(request, read_only=True) as session:
                for owner in await session.scalars(text("SELECT owner FROM account ORDER BY id")):
                    assert database.pool_status().in_use == 1
                    yield owner

        return StreamingResponse(lines())

    assert (await serve(app_of(endpoint, database))).body == b"AdaBob"
    assert database.pool_status().in_use == 0
    assert await balance(database) == 70


async def test_a_stream_that_uses_the_closed_session_raises(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        held = database_session(request)
        await withdraw(request)

        async def lines() -> Any:
            with pytest.raises(SessionClosed, match=r"transaction\(request\)"):
                await held.execute(text("SELECT 1"))
            with pytest.raises(SessionClosed, match=r"transaction\(request\)"):
                database_session(request)
            yield "raised"

        return StreamingResponse(lines())

    assert (await serve(app_of(endpoint, database))).body == b"raised"


async def test_lazy_loading_after_the_response_started_raises(database: Database, serve: Any, models: Any) -> None:
    async def endpoint(request: Request) -> Response:
        account = (await database_session(request).scalars(select(models.Account).where(models.Account.id == 1))).one()

        async def lines() -> Any:
            assert account.owner == "Ada"  # loaded before
            with pytest.raises(SessionClosed, match="selectinload"):
                len(account.entries)
            yield "raised"

        return StreamingResponse(lines())

    assert (await serve(app_of(endpoint, database))).body == b"raised"


async def test_savepoints_undo_a_part(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        with pytest.raises(IntegrityError):
            async with database_session(request).begin_nested():
                await withdraw(request)
                await database_session(request).execute(text("INSERT INTO account VALUES (3, 'Ada', 5)"))
        return Response()

    await serve(app_of(endpoint, database))
    assert await balance(database) == 70


async def test_transactions_outside_of_requests_commit_or_roll_back(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await session.execute(text("UPDATE account SET balance = 1"))
            raise RuntimeError
    assert await balance(database) == 100
    async with database.transaction() as session:
        await session.execute(text("UPDATE account SET balance = 1"))
    assert await balance(database) == 1


async def test_everything_in_rolled_back_is_undone(database: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await withdraw(request)
        return Response()

    async with database.rolled_back():
        await serve(app_of(endpoint, database))
        await serve(app_of(endpoint, database))
        assert await balance(database) == 40
    assert await balance(database) == 100


async def test_without_the_middleware_the_error_says_what_to_do(scope: Any) -> None:
    with pytest.raises(SessionMissing, match="TransactionMiddleware"):
        database_session(scope())


async def test_two_databases_each_have_their_transaction(url: str, serve: Any) -> None:
    first, second = Database(url), Database("sqlite:///:memory:", name="second")

    async def endpoint(request: Request) -> Response:
        one = await database_session(request).scalar(text("SELECT 1"))
        two = await database_session(request, "second").scalar(text("SELECT 2"))
        return JSONResponse([one, two])

    async def asks_for_a_third(request: Request) -> None:
        database_session(request, "third")

    app = TransactionMiddleware(app_of(endpoint, first), second)
    assert (await serve(app)).body == b"[1,2]"
    with pytest.raises(SessionMissing, match="third"):
        await serve(app_of(asks_for_a_third, first))
    await first.close()
    await second.close()


async def test_an_exception_with_a_status_is_rendered_around_a_bare_application(database: Database, serve: Any) -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await withdraw(scope)
        raise HTTPException(418, "teapot")

    response = await serve(TransactionMiddleware(bare, database))
    assert (response.status, response.sentence) == (418, "teapot")
    assert await balance(database) == 100


async def test_a_start_that_is_withheld_by_a_failed_commit_does_not_count_as_started(
    database: Database, serve: Any, models: Any
) -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        database_session(scope).add(models.Account(id=9, owner="Ada", balance=1))
        tracking_send = track(scope, send)
        with pytest.raises(IntegrityError):
            await tracking_send({"type": "http.response.start", "status": 201, "headers": []})
        assert not has_response_started(scope, tracking_send)
        await Response(status_code=409)(scope, receive, tracking_send)
        assert has_response_started(scope, tracking_send)

    assert (await serve(TransactionMiddleware(bare, database))).status == 409
