"""The services that tests use: a port, a process, a database for one test process alone."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

POSTGRESQL = "postgresql://postgres@127.0.0.1"


def missing_service(what: str) -> NoReturn:
    """Skip the test, since a service is missing; with `ARMILLARY_REQUIRE_SERVICES=1` in the environment it fails.

    Args:
        what: a sentence, such as "redis-server is not installed".
    """
    if os.environ.get("ARMILLARY_REQUIRE_SERVICES") == "1":
        pytest.fail(what)
    pytest.skip(what)


def require_program(name: str) -> str:
    """Return the path of a program, or report it as missing."""
    return shutil.which(name) or missing_service(f"{name} is not installed")


def require_port(port: int) -> None:
    """Report a service as missing, if nothing listens on its port."""
    if not is_listening(port):
        missing_service(f"nothing listens on 127.0.0.1:{port}")


def free_port() -> int:
    """Return a port of the loopback interface that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Return whether something accepts connections on a port of the loopback interface."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def wait_for_port(port: int, process: subprocess.Popen[Any] | None = None, seconds: float = 60) -> None:
    """Wait until something listens on a port.

    Args:
        port: of the loopback interface.
        process: what is to listen; waiting ends when it does.
        seconds: how long to wait at most.

    Raises:
        TimeoutError: nothing listens.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (process is None or process.poll() is None):
        if is_listening(port):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on 127.0.0.1:{port}")


class RedisServer:
    """A Redis of the tests' own, which they start and stop.

    Args:
        folder: where it runs, and what it keeps.
        options: further arguments of `redis-server`; nothing is kept by default.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = require_program("redis-server")
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._arguments += options
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        self._process = subprocess.Popen([self._program, *self._arguments], stdout=subprocess.DEVNULL)
        wait_for_port(self.port, self._process)

    def stop(self) -> None:
        """End it at once, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> RedisServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def own_postgresql_database() -> Generator[str]:
    """Create an empty database on the PostgreSQL of this machine, yield its URL, and drop it."""
    # Not at the top: few packages declare it for their tests.
    import psycopg

    require_port(5432)
    name = f"armillary_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        # Tests of durability start a server of their own.
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
        try:
            yield f"{POSTGRESQL}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
