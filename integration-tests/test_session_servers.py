"""Server-side sessions across two real server processes, and over a restart of Redis."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

PROGRAM = """
import os
import uvicorn
from asterism.sessions import ServerSessionMiddleware
from asterism.sessions.redis import RedisStore

async def app(scope, receive, send):
    session = scope["session"]
    if scope["path"] == "/login":
        session["user"] = "ada"
        session.rotate()
    body = session.get("user", "nobody").encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})

app = ServerSessionMiddleware(app, RedisStore(os.environ["REDIS"]))
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
def web_server(redis_port: int) -> Iterator[str]:
    port = free_port()
    environ = {**os.environ, "PORT": str(port), "REDIS": f"redis://127.0.0.1:{redis_port}/0"}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], env=environ)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_a_session_is_shared_by_two_processes_and_survives_a_restart_of_redis(tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        assert os.environ.get("ASTERISM_REQUIRE_SERVICES") != "1", "redis-server is not installed"
        pytest.skip("redis-server is not installed")
    redis_port = free_port()
    with web_server(redis_port) as first, web_server(redis_port) as second, httpx.Client(trust_env=False) as client:
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
