"""Tests marked `anyio` run on asyncio and on uvloop if it is installed: SQLAlchemy supports no other event loop.

Tests of absent databases are skipped with a message.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from armillary.lint import lint
from armillary.sqlalchemy import Database

BACKENDS = [pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio")]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


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


def require_service(driver: str) -> None:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", SERVICES[driver]), 1):
        return
    message = f"nothing listens on 127.0.0.1:{SERVICES[driver]}"
    if os.environ.get("ARMILLARY_REQUIRE_SERVICES") == "1":
        pytest.fail(message)
    pytest.skip(message)


async def own_database(driver: str, do: str, name: str) -> None:
    if driver == "asyncmy":
        engine = create_async_engine("mariadb+asyncmy://root@127.0.0.1/test")
    else:
        engine = create_async_engine("postgresql+psycopg://postgres@127.0.0.1/postgres", isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(f"{do} {name}"))
        if driver != "asyncmy" and do == "CREATE DATABASE":  # tests of durability are elsewhere
            await connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    await engine.dispose()


DRIVERS = ["aiosqlite", "psycopg", "asyncpg", "asyncmy"]


@pytest.fixture(params=DRIVERS)
def driver(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    if chosen != "aiosqlite":
        require_service(chosen)
    return chosen


@pytest.fixture(scope="session")
def own_databases() -> Iterator[Callable[[str], str]]:
    """Give each driver a separate database for this run, which its tests use in turn."""
    made: dict[str, str] = {}

    def name_for(driver: str) -> str:
        kind = "asyncmy" if driver == "asyncmy" else "psycopg"
        if kind not in made:
            made[kind] = f"armillary_{uuid.uuid4().hex[:12]}"
            asyncio.run(own_database(kind, "CREATE DATABASE", made[kind]))
        return made[kind]

    yield name_for
    for kind, name in made.items():
        asyncio.run(own_database(kind, "DROP DATABASE", name + (" WITH (FORCE)" if kind == "psycopg" else "")))


@pytest.fixture
def url(driver: str, tmp_path: Path, own_databases: Callable[[str], str]) -> str:
    """A database for the test alone; what an earlier test left in it is removed by `database`."""
    if driver == "aiosqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/test.db"
    scheme, user = ("mariadb", "root") if driver == "asyncmy" else ("postgresql", "postgres")
    return f"{scheme}+{driver}://{user}@127.0.0.1/{own_databases(driver)}"


async def empty(database: Database) -> None:
    async with database.engine.begin() as connection:
        for table in ("child", "parent", "armillary_outbox"):
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


class CapturedResponse:
    def __init__(self, messages: list[Any]) -> None:
        self.messages = messages
        self.status: int = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])


def http_scope(path: str = "/", method: str = "POST", **changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")],
        "client": ("192.0.2.1", 5000),
        "server": ("127.0.0.1", 8000),
        **changes,
    }


async def request(
    app: Any,
    path: str = "/",
    method: str = "POST",
    body: bytes = b"",
    *,
    disconnect_after: int | None = None,
    on_send: Callable[[Any], Any] | None = None,
) -> CapturedResponse:
    """Serve one request; the client disconnects after that many messages of the request."""
    events: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]
    messages: list[Any] = []
    if disconnect_after is not None:
        events = [*events[:disconnect_after], {"type": "http.disconnect"}]

    async def receive() -> Any:
        if events:
            return events.pop(0)
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        messages.append(message)
        if on_send is not None:
            on_send(message)

    await lint(app)(http_scope(path, method), receive, send)
    return CapturedResponse(messages)


@pytest.fixture
def serve() -> Any:
    return request


@pytest.fixture
def scope() -> Any:
    return http_scope
