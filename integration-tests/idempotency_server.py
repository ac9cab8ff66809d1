"""The program that `test_idempotency.py` serves and kills: one payment for each POST, in two statements."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.http import JSONResponse, Request, Response
from armillary.idempotency import IdempotencyMiddleware
from armillary.idempotency.sql import SQLStore
from armillary.routing import Route
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session

database = Database(os.environ["IDEMPOTENCY_SERVER_DATABASE"], pool_timeout=20, connect_timeout=20)
store = SQLStore(database.engine, session=database_session, timeout=20)


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    async with database:
        yield


async def pay(request: Request) -> Response:
    session = database_session(request)
    customer = (await request.json())["customer"]
    number = await session.scalar(text("INSERT INTO payment (customer) VALUES (:c) RETURNING id"), {"c": customer})
    await asyncio.sleep(random.uniform(0, 0.02))
    await session.execute(text("UPDATE payment SET done = true WHERE id = :id"), {"id": number})
    return JSONResponse({"payment": number}, 201)


app = Armillary(
    routes=[Route("/payments", pay, methods=["POST"])],
    middleware=[
        Middleware(TransactionMiddleware, database),
        Middleware(IdempotencyMiddleware, store, required=True, lease=3.0),
    ],
    lifespan=lifespan,
)
