"""Databases with two accounts in them, on every driver, and requests to applications that use them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from testkit import SentMessages, call, http_scope, request_messages, require_port

from armillary.sqlalchemy import Database


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    """SQLAlchemy supports asyncio only."""
    return asyncio_backend


class Base(DeclarativeBase):
    metadata = MetaData()


class Account(Base):
    __tablename__ = "account"
    __table_args__ = (CheckConstraint("balance >= 0"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(50), unique=True)
    balance: Mapped[int]
    entries: Mapped[list[Entry]] = relationship(back_populates="account")


class Entry(Base):
    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    amount: Mapped[int]
    account: Mapped[Account] = relationship(back_populates="entries")


class Models:
    Base = Base
    Account = Account
    Entry = Entry


@pytest.fixture
def models() -> type[Models]:
    return Models


SERVICES = {"psycopg": 5432, "asyncpg": 5432, "asyncmy": 3306}


async def execute_on_mariadb(statement: str) -> None:
    engine = create_async_engine("mariadb+asyncmy://root@127.0.0.1/test")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """The URL of an empty MariaDB database for this process alone, which its tests use in turn."""
    name = f"armillary_{uuid.uuid4().hex[:12]}"
    asyncio.run(execute_on_mariadb(f"CREATE DATABASE {name}"))
    yield f"mariadb://root@127.0.0.1/{name}"
    asyncio.run(execute_on_mariadb(f"DROP DATABASE {name}"))


DRIVERS = ["aiosqlite", "psycopg", "asyncpg", "asyncmy"]


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    if chosen in SERVICES:
        require_port(SERVICES[chosen])
    return chosen


@pytest.fixture
def url(driver: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database for the test alone; what an earlier test left in it is removed by `database`."""
    if driver == "aiosqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/test.db"
    shared: str = request.getfixturevalue("mariadb_url" if driver == "asyncmy" else "postgresql_url")
    return shared.replace("://", f"+{driver}://")


async def empty(database: Database) -> None:
    async with database.engine.begin() as connection:
        for table in ("child", "parent", "armillary_outbox", "armillary_inbox"):
            await connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        for table in ("entry", "account"):
            await connection.execute(text(f"DELETE FROM {table}"))


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """An open database with the tables, one account of 100 for Ada and one for Bob."""
    database = Database(url, metadata=Base.metadata)
    await database.create_tables()
    if not url.startswith("sqlite"):
        await empty(database)
    async with database:
        async with database.transaction() as session:
            session.add_all([Account(id=1, owner="Ada", balance=100), Account(id=2, owner="Bob", balance=100)])
        yield database
        # Whatever a test did, no connection may be left open.
        await asyncio.sleep(0)
        assert database.pool_status().in_use == 0


scope_of = partial(http_scope, method="POST")


async def request(
    app: Any,
    path: str = "/",
    method: str = "POST",
    body: bytes = b"",
    *,
    disconnect_after: int | None = None,
    on_send: Callable[[Any], Any] | None = None,
) -> SentMessages:
    """Serve one request; the client disconnects after that many messages of the request."""
    received = request_messages(body)
    if disconnect_after is not None:
        received = [*received[:disconnect_after], {"type": "http.disconnect"}]
    return await call(app, path, method, received=received, at_end="wait", on_send=on_send)


@pytest.fixture
def serve() -> Any:
    return request


@pytest.fixture
def scope() -> Any:
    return scope_of
