"""The program that `test_transactions.py` serves and kills: transfers in two statements, with a pause between."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.routing import Route
from armillary.sqlalchemy import Database, Outbox, OutboxMessage, Relay, TransactionMiddleware, database_session

database = Database(os.environ["TRANSACTION_SERVER_DATABASE"], pool_timeout=5, connect_timeout=5)
outbox = Outbox(database)


async def deliver(message: OutboxMessage) -> None:
    await asyncio.to_thread(append_key, message.key)


def append_key(key: str) -> None:
    with open(os.environ["TRANSACTION_SERVER_DELIVERED"], "a") as file:
        file.write(key + "\n")


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    async with database:
        async with database.transaction() as own:
            await own.execute(text("CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, balance INTEGER)"))
            if await own.scalar(text("SELECT count(*) FROM account")) == 0:
                await own.execute(text("INSERT INTO account VALUES (1, 1000), (2, 1000)"))
        await outbox.create_table()
        async with Relay(outbox, deliver, lease=2).running():
            yield


async def transfer(request: Request) -> Response:
    held = database_session(request)
    key = request.path_params["key"]
    await held.execute(text("UPDATE account SET balance = balance - 10 WHERE id = 1"))
    await outbox.record(held, "transferred", key, key=key)
    await asyncio.sleep(float(request.query_params.get("pause", "0")))
    await held.execute(text("UPDATE account SET balance = balance + 10 WHERE id = 2"))
    return Response(key)


async def balances(request: Request) -> Response:
    rows = await database_session(request).execute(text("SELECT balance FROM account ORDER BY id"))
    return JSONResponse([row.balance for row in rows])


app = Armillary(
    routes=[Route("/transfer/{key}", transfer, methods=["POST"]), Route("/balances", balances)],
    middleware=[Middleware(TransactionMiddleware, database)],
    lifespan=lifespan,
)
