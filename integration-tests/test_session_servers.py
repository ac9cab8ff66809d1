"""Server-side sessions across two real server processes on every store they can share, and over a restart of Redis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from testkit import RedisServer, free_port, own_postgresql_database, require_port, wait_for_port

from armillary.sessions.sql import SQLStore

PROGRAM = """
import asyncio
import os
import uvicorn
from armillary.sessions import FileStore, ServerSessionMiddleware
from armillary.sessions.redis import RedisStore
from armillary.sessions.sql import SQLStore

def sql_store(url):
    store = SQLStore(url, table=os.environ.get("TABLE", "armillary_sessions"))
    asyncio.run(store.create_table())
    return SQLStore(url, table=store.table.name)

make = {"redis": RedisStore, "files": FileStore, "sql": sql_store}[os.environ["KIND"]]

async def app(scope, receive, send):
    session = scope["session"]
    path = scope["path"]
    if path == "/login":
        session["user"] = "ada"
        session.rotate()
    elif path == "/logout":
        session.destroy()
    elif path.startswith("/item/"):
        session[path] = True
        await asyncio.sleep(0.05)
    if path == "/items":
        body = " ".join(sorted(key[6:] for key in session if key.startswith("/item/"))).encode()
    else:
        body = session.get("user", "nobody").encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})

app = ServerSessionMiddleware(app, make(os.environ["STORE"]))
uvicorn.run(app, port=int(os.environ["PORT"]), log_level="warning", lifespan="off")
"""


# What it was sent is on the disk before it responds.
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


@contextmanager
def web_server(kind: str, store: str, **environment: str) -> Iterator[str]:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "KIND": kind, "STORE": store, **environment}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environ)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


async def drop_table(store: SQLStore) -> None:
    async with store._engine.begin() as connection:
        await connection.run_sync(store.metadata.drop_all)
    await store.close()


@contextmanager
def shared_store(kind: str, directory: Path) -> Iterator[tuple[str, str, str]]:
    """Give the kind, the address and the table of a store that several processes can use."""
    table = f"sessions_{uuid4().hex}"
    match kind:
        case "redis":
            with RedisServer(directory) as redis:
                yield "redis", redis.url, table
        case "files":
            yield "files", str(directory / "sessions"), table
        case "sqlite":
            yield "sql", f"sqlite+aiosqlite:///{directory / 'sessions.db'}", table
        case "mariadb":
            require_port(3306)
            url = "mariadb+asyncmy://root@127.0.0.1:3306/test"
            try:
                yield "sql", url, table
            finally:
                asyncio.run(drop_table(SQLStore(url, table)))
        case _:
            with own_postgresql_database() as url:
                yield "sql", url.replace("postgresql://", "postgresql+psycopg://"), table


@pytest.mark.parametrize("kind", ["files", "redis", "sqlite", "postgresql"])
def test_two_processes_share_sessions_and_lose_none_of_each_others_changes(kind: str, tmp_path: Path) -> None:
    with (
        shared_store(kind, tmp_path) as (name, address, table),
        web_server(name, address, TABLE=table) as first,
        web_server(name, address, TABLE=table) as second,
        httpx.Client(trust_env=False) as client,
    ):
        assert client.get(f"{first}/login").text == "ada"
        assert client.get(second).text == "ada"
        cookie = client.cookies["session"]

        def store(number: int) -> int:
            server = (first, second)[number % 2]
            url = f"{server}/item/{number}"
            return httpx.get(url, headers={"cookie": f"session={cookie}"}, trust_env=False).status_code

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(store, range(8))) == [200] * 8
        assert client.get(f"{first}/items").text == client.get(f"{second}/items").text == "0 1 2 3 4 5 6 7"
        client.get(f"{second}/login")
        assert httpx.get(first, headers={"cookie": f"session={cookie}"}, trust_env=False).text == "nobody"
        client.get(f"{first}/logout")
        assert client.get(second).text == "nobody"


@pytest.mark.parametrize("kind", ["files", "redis", "sqlite", "postgresql", "mariadb"])
def test_two_hundred_requests_of_one_visitor_to_two_processes_all_succeed(kind: str, tmp_path: Path) -> None:
    with (
        shared_store(kind, tmp_path) as (name, address, table),
        web_server(name, address, TABLE=table) as first,
        web_server(name, address, TABLE=table) as second,
    ):
        cookie = httpx.get(f"{first}/login", trust_env=False).cookies["session"]
        headers = {"cookie": f"session={cookie}"}

        async def request_all() -> list[httpx.Response]:
            limits = httpx.Limits(max_connections=200)
            async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60, headers=headers) as client:
                paths = [f"{(first, second)[number % 2]}/item/{number}" for number in range(100)]
                paths += [f"{(first, second)[number % 2]}/items" for number in range(100)]
                return await asyncio.gather(*map(client.get, paths))

        assert [response.status_code for response in asyncio.run(request_all())] == [200] * 200
        items = httpx.get(f"{second}/items", headers=headers, trust_env=False).text.split()
        assert sorted(map(int, items)) == list(range(100))


def test_a_session_is_shared_by_two_processes_and_survives_a_restart_of_redis(tmp_path: Path) -> None:
    redis = RedisServer(tmp_path, *DURABLE)
    with (
        web_server("redis", redis.url) as first,
        web_server("redis", redis.url) as second,
        httpx.Client(trust_env=False) as client,
    ):
        with redis:
            assert client.get(f"{first}/login").text == "ada"
            assert client.get(second).text == "ada"
            cookie = client.cookies["session"]
        away = client.get(second)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert "set-cookie" not in away.headers
        with redis:
            assert client.get(first).text == "ada"
            assert client.get(second).text == "ada"
            assert client.cookies["session"] == cookie
