"""Server-side sessions across two real server processes on every store they can share, and over a restart of Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432/test"

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


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on 127.0.0.1:{port}")


@contextmanager
def redis_server(port: int, directory: Path) -> Iterator[None]:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)]
    command += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def web_server(kind: str, store: str, **environment: str) -> Iterator[str]:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "KIND": kind, "STORE": store, **environment}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environ)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def shared_store(kind: str, directory: Path) -> Iterator[tuple[str, str, str]]:
    """Give the kind, the address and the table of a store that several processes can use."""
    table = f"sessions_{uuid4().hex}"
    match kind:
        case "redis":
            require("redis-server")
            port = free_port()
            with redis_server(port, directory):
                yield "redis", f"redis://127.0.0.1:{port}/0", table
        case "files":
            yield "files", str(directory / "sessions"), table
        case "sqlite":
            yield "sql", f"sqlite+aiosqlite:///{directory / 'sessions.db'}", table
        case _:
            try:
                psycopg.connect(POSTGRESQL).close()
            except psycopg.OperationalError as exc:
                if os.environ.get("ARMILLARY_REQUIRE_SERVICES") == "1":
                    raise
                pytest.skip(f"PostgreSQL on 127.0.0.1:5432 is not available: {exc}")
            yield "sql", POSTGRESQL.replace("postgresql://", "postgresql+psycopg://"), table
            with psycopg.connect(POSTGRESQL, autocommit=True) as connection:
                connection.execute(f'DROP TABLE IF EXISTS "{table}"'.encode())


def require(program: str) -> None:
    if shutil.which(program) is None:
        assert os.environ.get("ARMILLARY_REQUIRE_SERVICES") != "1", f"{program} is not installed"
        pytest.skip(f"{program} is not installed")


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


def test_a_session_is_shared_by_two_processes_and_survives_a_restart_of_redis(tmp_path: Path) -> None:
    require("redis-server")
    redis_port = free_port()
    redis = f"redis://127.0.0.1:{redis_port}/0"
    with (
        web_server("redis", redis) as first,
        web_server("redis", redis) as second,
        httpx.Client(trust_env=False) as client,
    ):
        with redis_server(redis_port, tmp_path):
            assert client.get(f"{first}/login").text == "ada"
            assert client.get(second).text == "ada"
            cookie = client.cookies["session"]
        away = client.get(second)
        assert (away.status_code, away.headers["retry-after"]) == (503, "5")
        assert "set-cookie" not in away.headers
        with redis_server(redis_port, tmp_path):
            assert client.get(first).text == "ada"
            assert client.get(second).text == "ada"
            assert client.cookies["session"] == cookie
