"""Repeated POSTs to servers that are killed: one effect for each key, and one response."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import text
from testkit import call, free_port, own_postgresql_database, wait_for_port

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.idempotency import IdempotencyMiddleware
from armillary.idempotency.sql import SQLStore
from armillary.routing import Route
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session, set_rollback_only

HERE = Path(__file__).parent


class Served:
    """`idempotency_server.py` under uvicorn on one port, killed and started again."""

    def __init__(self, database: str) -> None:
        self.port = free_port()
        self._environment = {**os.environ, "IDEMPOTENCY_SERVER_DATABASE": database}
        self.start()

    def start(self) -> None:
        command = ["uvicorn", "idempotency_server:app", "--port", str(self.port), "--log-level", "critical"]
        self.process = subprocess.Popen([sys.executable, "-m", *command], cwd=HERE, env=self._environment)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/payments"


@pytest.fixture
def database_url() -> Iterator[str]:
    with own_postgresql_database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE payment (id SERIAL PRIMARY KEY, customer TEXT NOT NULL, done BOOLEAN DEFAULT false)"
            )
        store = SQLStore(url.replace("postgresql:", "postgresql+psycopg:"))

        async def create() -> None:
            await store.create_table()
            await store.close()

        asyncio.run(create())
        yield url


async def pay_until_it_succeeds(client: httpx.AsyncClient, served: list[Served], customer: str) -> str:
    """Send the same request to any server, as often as it takes; return the body of the response."""
    while True:
        try:
            response = await client.post(
                random.choice(served).url,
                json={"customer": customer},
                headers={"idempotency-key": f'"{customer}"'},
            )
        except httpx.TransportError:
            await asyncio.sleep(0.1)
            continue
        if response.status_code == 201:
            return response.text
        assert response.status_code in (409, 500, 503), response.text
        await asyncio.sleep(0.1)


async def kill_at_random(served: list[Served], kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(random.uniform(0.3, 0.8))
        victim = random.choice(served)
        await asyncio.to_thread(victim.kill)
        victim.start()
        await asyncio.to_thread(wait_for_port, victim.port, victim.process)


async def send_duplicates(served: list[Served], keys: int, copies: int, kills: int) -> dict[str, Counter[str]]:
    bodies: dict[str, Counter[str]] = {f"customer{number}": Counter() for number in range(keys)}
    # The client searches its list of waiting requests for each response, so it gets no more at once.
    connections = asyncio.Semaphore(64)
    async with httpx.AsyncClient(timeout=20) as client:

        async def one(customer: str) -> None:
            async with connections:
                bodies[customer][await pay_until_it_succeeds(client, served, customer)] += 1

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kill_at_random(served, kills))
            order = [customer for customer in bodies for _ in range(copies)]
            random.shuffle(order)
            for customer in order:
                tasks.create_task(one(customer))
    return bodies


@pytest.mark.parametrize(
    ("keys", "copies", "kills"),
    [(12, 10, 1), pytest.param(500, 20, 20, marks=pytest.mark.nightly)],
    ids=["120", "10000"],
)
@pytest.mark.usefixtures("without_watchdog")
def test_concurrent_duplicates_have_one_effect_each_while_servers_are_killed(
    database_url: str, keys: int, copies: int, kills: int
) -> None:
    served = [Served(database_url) for _ in range(2)]
    try:
        for server in served:
            wait_for_port(server.port, server.process)
        bodies = asyncio.run(send_duplicates(served, keys, copies, kills))
    finally:
        for server in served:
            server.kill()
    assert all(len(different) == 1 and different.total() == copies for different in bodies.values())
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT customer, count(*), bool_and(done) FROM payment GROUP BY customer").fetchall()
    assert sorted(rows) == sorted((customer, 1, True) for customer in bodies)


# -- one process, every outcome of the transaction -----------------------------------------------


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    return asyncio_backend


@pytest.fixture
async def database(database_url: str) -> Any:
    made = Database(database_url)
    async with made:
        yield made


def application(database: Database, endpoint: Any, **options: Any) -> Armillary:
    store = SQLStore(database.engine, session=database_session)
    return Armillary(
        routes=[Route("/pay", endpoint, methods=["POST"])],
        middleware=[Middleware(TransactionMiddleware, database), Middleware(IdempotencyMiddleware, store, **options)],
    )


async def insert(request: Request) -> int:
    number = await database_session(request).scalar(text("INSERT INTO payment (customer) VALUES ('a') RETURNING id"))
    return int(number or 0)


async def post(app: Any, **keys: Any) -> Any:
    return await call(app, "/pay", "POST", body=b"{}", headers=[(b"idempotency-key", b"k")], **keys)


async def count(database: Database) -> int:
    async with database.transaction() as session:
        return int(await session.scalar(text("SELECT count(*) FROM payment")) or 0)


@pytest.mark.anyio
async def test_work_and_response_are_kept_together(database: Database) -> None:
    async def pay(request: Request) -> Response:
        return JSONResponse({"id": await insert(request)}, 201)

    app = application(database, pay)
    first = await post(app, at_end="wait")
    second = await post(app, at_end="wait")
    assert (second.status, second.body, second.raw_headers) == (201, first.body, first.raw_headers)
    assert await count(database) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("how", ["status", "exception", "rollback_only", "constraint"])
async def test_what_is_rolled_back_leaves_the_key_free(database: Database, how: str) -> None:
    calls = 0

    async def pay(request: Request) -> Response:
        nonlocal calls
        calls += 1
        number = await insert(request)
        if calls == 1:
            if how == "status":
                return JSONResponse({}, 402)
            if how == "exception":
                raise LookupError("a mistake in the program")
            if how == "constraint":
                await database_session(request).execute(text("INSERT INTO payment (customer) VALUES (NULL)"))
            set_rollback_only(request)
        return JSONResponse({"id": number}, 201)

    app = application(database, pay)
    first = await post(app, at_end="wait", catch=True)
    assert first.status == {"status": 402, "rollback_only": 201}.get(how, 500)
    assert await count(database) == 0
    assert (await post(app, at_end="wait")).status == 201
    assert (await post(app, at_end="wait")).status == 201
    assert await count(database) == 1
    assert calls == 2


@pytest.mark.anyio
async def test_a_request_that_outlives_its_lease_is_rolled_back_if_another_has_claimed_its_key(
    database: Database,
) -> None:
    first_runs, first_ends = asyncio.Event(), asyncio.Event()

    async def pay(request: Request) -> Response:
        number = await insert(request)
        if not first_runs.is_set():
            first_runs.set()
            await first_ends.wait()
        return JSONResponse({"id": number}, 201)

    app = application(database, pay, lease=0.2)
    slow = asyncio.create_task(post(app, at_end="wait"))
    await first_runs.wait()
    await asyncio.sleep(0.3)
    second = await post(app, at_end="wait")
    first_ends.set()
    first = await slow
    assert (first.status, second.status) == (409, 201)
    assert (await post(app, at_end="wait")).body == second.body
    assert await count(database) == 1


@pytest.mark.anyio
async def test_a_commit_that_fails_becomes_the_response_and_frees_the_key(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("ALTER TABLE payment ADD CONSTRAINT one UNIQUE (customer) DEFERRABLE INITIALLY DEFERRED")
        )
        await session.execute(text("INSERT INTO payment (customer) VALUES ('a')"))

    async def pay(request: Request) -> Response:
        return JSONResponse({"id": await insert(request)}, 201)

    app = application(database, pay)
    assert (await post(app, at_end="wait", catch=True)).status == 500
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM payment"))
    assert (await post(app, at_end="wait")).status == 201
    assert await count(database) == 1
