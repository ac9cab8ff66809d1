"""SQLModel's sessions and Advanced Alchemy's repositories and services, in the transaction of the request."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelSession

from armillary.asgi_types import HTTPException
from armillary.http import JSONResponse, Request, Response, StreamingResponse, request_response
from armillary.sqlalchemy import (
    Database,
    Outbox,
    OutboxMessage,
    Relay,
    SessionClosed,
    TransactionMiddleware,
    database_session,
    transactional,
)

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "The declarative_mixin decorator")  # Advanced Alchemy has it still
    from advanced_alchemy.base import DefaultBase
    from advanced_alchemy.exceptions import IntegrityError
    from advanced_alchemy.repository import SQLAlchemyAsyncRepository
    from advanced_alchemy.service import SQLAlchemyAsyncRepositoryService

pytestmark = pytest.mark.anyio


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=50)


class Planet(DefaultBase):
    __tablename__ = "planet"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)


class Planets(SQLAlchemyAsyncRepository[Planet]):
    model_type = Planet


class PlanetService(SQLAlchemyAsyncRepositoryService[Planet]):
    repository_type = Planets


@pytest.fixture
async def heroes(url: str) -> AsyncIterator[Database]:
    database = Database(url, metadata=SQLModel.metadata, session_class=SQLModelSession)
    await database.create_tables()
    async with database:
        yield database
        async with database.engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.drop_all)


async def test_the_session_is_sqlmodels_and_follows_the_request(heroes: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        held = database_session(request)
        assert isinstance(held, SQLModelSession)
        held.add(Hero(name=request.scope["path"].strip("/")))
        await held.flush()
        found = (await held.exec(select(Hero).order_by(Hero.name))).all()
        return JSONResponse([hero.model_dump()["name"] for hero in found], 409 if len(found) > 2 else 201)

    app = TransactionMiddleware(request_response(endpoint), heroes)
    assert (await serve(app, "/Deadpond")).body == b'["Deadpond"]'
    assert (await serve(app, "/Spider")).status == 201
    assert (await serve(app, "/Rejected")).status == 409
    async with heroes.transaction() as session:
        assert isinstance(session, SQLModelSession)
        assert list(await session.exec(select(Hero.name).order_by(Hero.name))) == ["Deadpond", "Spider"]


async def test_an_ended_session_of_sqlmodel_raises(heroes: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        held: Any = database_session(request)
        await held.exec(select(Hero))

        async def lines() -> Any:
            with pytest.raises(SessionClosed, match=r"transaction\(request\)"):
                await held.exec(select(Hero))
            yield "raised"

        return StreamingResponse(lines())

    assert (await serve(TransactionMiddleware(request_response(endpoint), heroes))).body == b"raised"


async def test_messages_are_recorded_and_delivered_with_sessions_of_sqlmodel(heroes: Database) -> None:
    outbox, got = Outbox(heroes, table="hero_outbox"), []

    async def deliver(message: OutboxMessage) -> None:
        got.append(message.payload)

    await outbox.create_table()
    for _ in range(2):
        async with heroes.transaction() as session:
            await outbox.record(session, "born", "Deadpond", key="deadpond")
    assert await Relay(outbox, deliver).run_once() == 1
    assert (got, await outbox.pending(), await outbox.next_due()) == (["Deadpond"], 0, None)
    assert await outbox.forget_delivered(older_than=-1) == 1
    async with heroes.engine.begin() as connection:
        await connection.run_sync(outbox.table.drop)


@pytest.fixture
async def planets(url: str) -> AsyncIterator[Database]:
    database = Database(url, metadata=Planet.metadata)
    await database.create_tables()
    async with database:
        yield database
        async with database.engine.begin() as connection:
            await connection.run_sync(Planet.metadata.drop_all)


async def test_a_repository_works_in_the_transaction_of_the_request(planets: Database, serve: Any) -> None:
    async def endpoint(request: Request) -> Response:
        planet = await Planets(session=database_session(request)).add(Planet(name=request.scope["path"].strip("/")))
        return JSONResponse(planet.id is not None, 409 if planet.name == "Pluto" else 201)

    app = TransactionMiddleware(request_response(endpoint), planets)
    assert [(await serve(app, path)).status for path in ("/Venus", "/Pluto", "/Mars")] == [201, 409, 201]
    async with planets.transaction() as session:
        assert [planet.name for planet in await Planets(session=session).get_many(order_by=[("name", False)])] == [
            "Mars",
            "Venus",
        ]


async def test_a_service_works_in_the_transaction_of_the_request_and_its_errors_roll_back(
    planets: Database, serve: Any
) -> None:
    @transactional(isolation_level="SERIALIZABLE")
    async def endpoint(request: Request) -> Response:
        service = PlanetService(session=database_session(request))
        try:
            await service.create_many([{"name": "Earth"}, {"name": request.scope["path"].strip("/")}])
        except IntegrityError as exc:
            raise HTTPException(409, "There is one already.") from exc
        return JSONResponse(await service.count(), 201)

    app = TransactionMiddleware(request_response(endpoint), planets)
    assert (await serve(app, "/Earth")).status == 409
    assert (await serve(app, "/Moon")).body == b"2"
    async with planets.transaction(read_only=True) as session:
        assert await PlanetService(session=session).count() == 2
