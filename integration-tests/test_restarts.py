"""Servers that are restarted one after the other, whose workers are killed, and whose lifespan fails."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from testkit import NginxServer, free_port, wait_for_port

pytestmark = pytest.mark.nightly
SERVED = Path(__file__).with_name("served")
APP = "restart_story:app"
COMMANDS = {
    "uvicorn": ["uvicorn", APP, "--port", "{port}", "--log-level", "warning"],
    "hypercorn": ["hypercorn", APP, "--bind", "127.0.0.1:{port}"],
    "granian": ["granian", APP, "--interface", "asgi", "--port", "{port}", "--log-level", "error"],
}
BALANCED = """
    upstream app {{ server 127.0.0.1:{one} max_fails=0; server 127.0.0.1:{other} max_fails=0; }}
    server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://app; }} }}
"""


def start(name: str, port: int, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start a server of the story on a port."""
    return subprocess.Popen(
        [sys.executable, "-m", *(part.format(port=port) for part in COMMANDS[name]), *options],
        cwd=SERVED,
        env={**os.environ, "PYTHONPATH": str(SERVED), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ask(port: int) -> int:
    """Make a request; return the process that responded."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/who")
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise AssertionError(f"status {response.status}")
        process: int = json.loads(content)["process"]
        return process
    finally:
        connection.close()


@pytest.fixture
def running() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are ended after the test."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
        process.communicate()


class Load:
    """Requests in threads, as long as its block lasts: `with Load(port) as load`."""

    def __init__(self, port: int, threads: int = 4) -> None:
        self.outcomes: Counter[str] = Counter()
        self._ended = Event()
        self._threads = [Thread(target=self._run, args=(port,)) for _ in range(threads)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self, port: int) -> None:
        while not self._ended.is_set():
            try:
                ask(port)
                self.outcomes["ok"] += 1
            except (OSError, http.client.HTTPException, AssertionError) as exc:
                self.outcomes[f"{type(exc).__name__} {exc}"] += 1


@pytest.mark.parametrize("name", COMMANDS)
def test_two_servers_behind_nginx_are_restarted_one_after_the_other_and_no_request_fails(
    name: str, running: list[subprocess.Popen[str]], tmp_path: Path
) -> None:
    nginx = NginxServer(tmp_path)
    ports = [free_port(), free_port()]
    servers = [start(name, port) for port in ports]
    running += servers
    for server, port in zip(servers, ports, strict=True):
        wait_for_port(port, server)
    nginx.http = BALANCED.format(port=nginx.port, one=ports[0], other=ports[1])
    with nginx, Load(nginx.port) as load:
        for _ in range(2):
            for place, port in enumerate(ports):
                time.sleep(0.5)
                servers[place].send_signal(signal.SIGTERM)
                servers[place].wait(15)
                servers[place] = start(name, port)
                running.append(servers[place])
                wait_for_port(port, servers[place])
    assert set(load.outcomes) == {"ok"}, load.outcomes
    assert load.outcomes["ok"] > 50


@pytest.mark.parametrize("name", COMMANDS)
def test_workers_share_the_load_and_all_end_at_the_stop_of_the_server(
    name: str, running: list[subprocess.Popen[str]]
) -> None:
    port = free_port()
    server = start(name, port, "--workers", "2")
    running.append(server)
    wait_for_port(port, server)
    found = until(lambda: {ask(port) for _ in range(20)}, lambda found: len(found) == 2)
    server.send_signal(signal.SIGTERM)
    server.wait(15)
    assert until(lambda: [pid for pid in found if is_alive(pid)], lambda alive: not alive) == []


@pytest.mark.parametrize("name", ["uvicorn", "granian"])  # hypercorn ends all when one has crashed
def test_a_worker_that_is_killed_is_replaced(name: str, running: list[subprocess.Popen[str]]) -> None:
    port = free_port()
    options = ["--respawn-failed-workers"] if name == "granian" else []
    server = start(name, port, "--workers", "2", *options)
    running.append(server)
    wait_for_port(port, server)
    first = ask(port)
    os.kill(first, signal.SIGKILL)

    def others() -> set[int]:
        found = set()
        for _ in range(20):
            with contextlib.suppress(OSError, http.client.HTTPException):
                found.add(ask(port))
        return found - {first}

    assert len(until(others, lambda found: len(found) == 2)) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_a_server_whose_start_up_fails_ends_and_says_why(name: str, running: list[subprocess.Popen[str]]) -> None:
    server = start(name, free_port(), RESTART_FAILS="start-up")
    running.append(server)
    output, _ = server.communicate(timeout=20)
    assert "no star in sight at the start" in output
    assert (server.returncode != 0) == (name != "hypercorn")  # which ends with 0 (0.18)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_server_whose_shutdown_fails_ends_and_says_why(name: str, running: list[subprocess.Popen[str]]) -> None:
    port = free_port()
    server = start(name, port, RESTART_FAILS="shutdown")
    running.append(server)
    wait_for_port(port, server)
    until(lambda: ask(port), bool)
    server.send_signal(signal.SIGTERM)
    output, _ = server.communicate(timeout=20)
    assert "no star in sight at the end" in output


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(find: Callable[[], Any], is_right: Callable[[Any], bool], seconds: float = 20) -> Any:
    """Find something again and again until it is right, or for so many seconds; return what was found last."""
    deadline = time.monotonic() + seconds
    while True:
        found = None
        with contextlib.suppress(OSError, http.client.HTTPException):
            found = find()
        if found is not None and (is_right(found) or time.monotonic() > deadline):
            return found
        if time.monotonic() > deadline + 5:
            raise AssertionError("nothing was found")
        time.sleep(0.05)
