"""Tortoise ORM, with the two small classes that the documentation shows."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tortoise import Tortoise, fields
from tortoise.context import TortoiseContext
from tortoise.models import Model
from tortoise.transactions import in_transaction

from armillary.http import Request, Response, StreamingResponse, request_response
from armillary.sqlalchemy import (
    TransactionMiddleware,
    TransactionOptions,
    TransactionRetry,
    database_session,
    transaction,
    transactional,
)

pytestmark = pytest.mark.anyio


class Star(Model):
    id = fields.IntField(primary_key=True)
    name = fields.CharField(50, unique=True)

    class Meta:
        app = "models"


class TortoiseTransaction:
    """One transaction, which Tortoise's queries find by themselves."""

    def __init__(self) -> None:
        self._context: Any = in_transaction()
        self.session: Any = None
        self._open = False

    async def begin(self) -> None:
        self.session = await self._context.__aenter__()
        self._open = True

    async def commit(self) -> None:
        await self.session.commit()  # inside of the context, so that what fails is rolled back
        await self._leave()

    async def rollback(self) -> None:
        if self._open:
            try:
                await self.session.rollback()
            finally:
                await self._leave()

    async def restart(self) -> None:
        self.__init__()  # type: ignore[misc]
        await self.begin()

    async def _leave(self) -> None:
        self._open = False
        await self._context.__aexit__(None, None, None)


class TortoiseSource:
    name = "tortoise"
    begins_early = True

    def new_transaction(self, options: TransactionOptions) -> TortoiseTransaction:
        return TortoiseTransaction()

    def is_conflict(self, exc: BaseException) -> bool:
        return False


@pytest.fixture
async def stars(tmp_path: Any) -> AsyncIterator[None]:
    async with TortoiseContext() as context:
        await context.init(db_url=f"sqlite://{tmp_path}/t.db", modules={"models": [__name__]})
        await context.generate_schemas()
        yield
        await Tortoise.close_connections()


async def kept() -> Any:
    return await Star.all().order_by("name").values_list("name", flat=True)


async def create(request: Request) -> Response:
    """Create a star named as the path, and end as the path says."""
    path = request.scope["path"].strip("/")
    assert database_session(request, "tortoise") is not None
    await Star.create(name=path)
    if path == "raises":
        raise LookupError
    if path == "slow":
        await asyncio.sleep(60)
    if path == "deferred":
        held: Any = database_session(request, "tortoise")
        await held.execute_query("CREATE TABLE IF NOT EXISTS p (i INTEGER PRIMARY KEY)")
        await held.execute_query("PRAGMA defer_foreign_keys = ON")
        await held.execute_query("CREATE TABLE c (p INTEGER REFERENCES p (i) DEFERRABLE INITIALLY DEFERRED)")
        await held.execute_query("INSERT INTO c VALUES (7)")
    return Response(status_code=409 if path == "rejected" else 201)


app = TransactionMiddleware(request_response(create), TortoiseSource())


async def test_tortoise_follows_the_request(stars: None, serve: Any) -> None:
    assert (await serve(app, "/kept")).status == 201
    assert (await serve(app, "/rejected")).status == 409
    with pytest.raises(LookupError):
        await serve(app, "/raises")
    assert await kept() == ["kept"]


async def test_tortoise_rolls_back_when_the_client_disconnects_or_the_request_is_cancelled(
    stars: None, serve: Any
) -> None:
    await serve(app, "/disconnected", disconnect_after=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await serve(app, "/slow")
    assert await kept() == []
    assert (await serve(app, "/kept")).status == 201
    assert await kept() == ["kept"]


async def test_a_commit_of_tortoises_that_fails_becomes_the_response(stars: None, serve: Any) -> None:
    responses = []
    with pytest.raises(sqlite3.IntegrityError):
        responses.append(await serve(app, "/deferred"))
    assert responses == []
    assert await kept() == []
    assert (await serve(app, "/kept")).status == 201


async def test_an_endpoint_over_tortoise_is_replayed_if_that_is_safe(stars: None, serve: Any) -> None:
    calls = 0

    @transactional(database="tortoise", retry=TransactionRetry(attempts=3, first_delay=0))
    async def endpoint(request: Request) -> Response:
        nonlocal calls
        calls += 1
        await Star.create(name="once")
        if calls < 3:
            raise ConnectionRefusedError("another transaction got in the way")
        return Response()

    class Conflicting(TortoiseSource):
        def is_conflict(self, exc: BaseException) -> bool:
            return isinstance(exc, ConnectionRefusedError)

    assert (await serve(TransactionMiddleware(request_response(endpoint), Conflicting()))).status == 200
    assert (calls, await kept()) == (3, ["once"])


async def test_a_transaction_of_tortoises_own_for_a_stream(stars: None, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        await Star.create(name="before")

        async def lines() -> Any:
            async with transaction(request, database="tortoise"):
                await Star.create(name="during")
            yield ",".join(await kept())

        return StreamingResponse(lines())

    assert (await serve(TransactionMiddleware(request_response(endpoint), TortoiseSource()))).body == b"before,during"
