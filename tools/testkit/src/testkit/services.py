"""The services that tests use: a port, a process, a database for one test process alone."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Self

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


class OwnServer:
    """A server of the tests' own, which they start and stop; it ends with the `with` block.

    Args:
        folder: where it runs, and what it keeps from one start to the next.

    Attributes:
        port: of the loopback interface; the same after each start.
        url: by which clients reach it.
        seconds: how long a start may take.
    """

    seconds: ClassVar[float] = 60
    url: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return what is run."""
        raise NotImplementedError

    def options(self) -> dict[str, Any]:
        """Return further arguments of `subprocess.Popen`."""
        return {}

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        quiet: dict[str, Any] = {
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,  # so that all of its processes can be frozen
        }
        options: dict[str, Any] = {**quiet, **self.options()}
        self._process = subprocess.Popen[bytes](self.command(), **options)
        wait_for_port(self.port, self._process, self.seconds)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it at once, if it runs."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Have none of its processes run, while its connections stay open; `thaw` ends that."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it run again."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: int) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class RedisServer(OwnServer):
    """A Redis of the tests' own.

    Args:
        folder: where it runs, and what it keeps.
        options: further arguments of `redis-server`; nothing is kept by default.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self._program = require_program("redis-server")
        super().__init__(folder)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._arguments += options

    def command(self) -> list[str]:
        """Return what is run."""
        return [self._program, *self._arguments]


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
