"""Tortoise ORM joins by the two small classes that the documentation shows."""

from __future__ import annotations

from typing import Any

import pytest
from tortoise import Tortoise, fields
from tortoise.context import TortoiseContext
from tortoise.models import Model
from tortoise.transactions import in_transaction

from asterism.http import Request, Response, request_response
from asterism.sqlalchemy import TransactionMiddleware, TransactionOptions, session

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
        self._over = False

    async def begin(self) -> None:
        self.session = await self._context.__aenter__()

    async def commit(self) -> None:
        await self._context.__aexit__(None, None, None)
        self._over = True

    async def rollback(self) -> None:
        if self.session is not None and not self._over:
            self._over = True
            error = RuntimeError("rolled back")
            await self._context.__aexit__(RuntimeError, error, None)

    async def restart(self) -> None:
        self.__init__()  # type: ignore[misc]
        await self.begin()


class TortoiseSource:
    name = "tortoise"
    begins_early = True

    def new_transaction(self, options: TransactionOptions) -> TortoiseTransaction:
        return TortoiseTransaction()

    def is_conflict(self, exc: BaseException) -> bool:
        return False


async def test_tortoise_follows_the_request(serve: Any, tmp_path: Any) -> None:
    async def endpoint(request: Request) -> Response:
        path = request.scope["path"].strip("/")
        assert session(request, "tortoise") is not None
        await Star.create(name=path)
        if path == "raises":
            raise LookupError
        return Response(status_code=409 if path == "refused" else 201)

    async with TortoiseContext() as context:
        await context.init(db_url=f"sqlite://{tmp_path}/t.db", modules={"models": [__name__]})
        await context.generate_schemas()
        app = TransactionMiddleware(request_response(endpoint), TortoiseSource())
        assert (await serve(app, "/kept")).status == 201
        assert (await serve(app, "/refused")).status == 409
        with pytest.raises(LookupError):
            await serve(app, "/raises")
        assert await Star.all().values_list("name", flat=True) == ["kept"]
        await Tortoise.close_connections()
