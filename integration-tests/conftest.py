"""Real servers, started for the length of a module."""

from __future__ import annotations

import faulthandler
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit import free_port, require_program, wait_for_port

# These run in their own environment, by the run.py in the folder.
collect_ignore = ["frameworks", "starlette_interface", "third_party", "transaction_server.py", "idempotency_server.py"]

SERVED = Path(__file__).with_name("served")

# A shell ignores SIGINT for what it starts in the background, and what is ignored is inherited by the servers.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

UVICORN = ["uvicorn", "{app}", "--port", "{port}", "--ws", "websockets", "--log-level", "warning"]
COMMANDS: dict[str, list[str]] = {
    "uvicorn-websockets": ["uvicorn", "{app}", "--port", "{port}", "--ws", "websockets", "--log-level", "warning"],
    "uvicorn-wsproto": ["uvicorn", "{app}", "--port", "{port}", "--ws", "wsproto", "--log-level", "warning"],
    "hypercorn-asyncio": ["hypercorn", "{app}", "--bind", "127.0.0.1:{port}", "--workers", "0", "-k", "asyncio"],
    "hypercorn-trio": ["hypercorn", "{app}", "--bind", "127.0.0.1:{port}", "--workers", "0", "-k", "trio"],
    "uvicorn-h11-asyncio": [*UVICORN, "--http", "h11", "--loop", "asyncio"],
    "uvicorn-h11-uvloop": [*UVICORN, "--http", "h11", "--loop", "uvloop"],
    "uvicorn-httptools-asyncio": [*UVICORN, "--http", "httptools", "--loop", "asyncio"],
    "uvicorn-httptools-uvloop": [*UVICORN, "--http", "httptools", "--loop", "uvloop"],
    "daphne": ["daphne", "-b", "127.0.0.1", "-p", "{port}", "-v", "0", "{app}"],
    "granian": ["granian", "{app}", "--interface", "asgi", "--port", "{port}", "--log-level", "error"],
}


class Server:
    """One server process on a free port of the loopback interface."""

    def __init__(self, name: str, app: str, python: str = sys.executable, **environment: str) -> None:
        self.port = free_port()
        self.name = name
        arguments = [part.format(app=app, port=self.port) for part in COMMANDS[name]]
        self.process = subprocess.Popen(
            [python, "-m", *arguments],
            cwd=SERVED,
            env={**os.environ, "PYTHONPATH": str(SERVED), "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self, seconds: float = 60) -> None:
        try:
            wait_for_port(self.port, self.process, seconds)
        except TimeoutError:
            self.process.kill()
            raise AssertionError(f"{self.name} did not start:\n{self.process.communicate()[0]}") from None

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> tuple[float, str]:
        """Send a signal and return how long the server took to end, and what it printed."""
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            output, _ = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
            output += f"\n{self.name} did not end within {seconds} seconds"
        return time.monotonic() - started, output


@pytest.fixture
def without_watchdog() -> None:
    """Exempt a test from the watchdog that ends the run: for one that takes minutes and has its own time-outs."""
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Server]]:
    """`serve(name, "module:app", python, **environment)` starts a server; what still runs at the end is stopped."""
    servers: list[Server] = []

    def start(name: str, app: str, python: str = sys.executable, **environment: str) -> Server:
        servers.append(Server(name, app, python, **environment))
        servers[-1].wait_until_ready()
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.stop(seconds=5)
        if server.process.stdout is not None:
            server.process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; the test is skipped if it is not installed."""
    chromium = require_program("chromium")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serve_example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """`serve_example("chat")` serves an example as `make run` does, and returns its address."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> str:
        port = free_port()
        # Started in another folder, since an example stores its files in the current one.
        command = [sys.executable, str(SERVED.parents[1] / "tools/serve.py"), name, "--port", str(port)]
        folder = tmp_path_factory.mktemp(name)
        processes.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL))
        wait_for_port(port, processes[-1])
        return f"http://127.0.0.1:{port}/"

    yield start
    for process in processes:
        process.terminate()
        process.wait(10)
