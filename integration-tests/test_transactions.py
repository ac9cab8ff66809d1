"""Transactions of a served program: killed in mid-request, restarted, its database taken away and brought back."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import pwd
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text
from testkit import Network, free_port, missing_service

from armillary.http import Request, Response, request_response
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session

ROOT = Path(__file__).parents[1]


class Cluster:
    """A PostgreSQL server for these tests."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        as_user: dict[str, Any] = {}
        if os.getuid() == 0:  # PostgreSQL does not run as root
            as_user = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid, "extra_groups": []}
        subprocess.run(
            [self.programs / program, *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
            **as_user,
        )

    def create(self) -> None:
        if os.getuid() == 0:
            shutil.chown(self.folder, "postgres")
        self.run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "--no-sync")

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self.run("pg_ctl", "-D", str(self.folder), "-w", "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.folder), "-w", "-m", mode, "stop")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    located = shutil.which("initdb")
    if not found and located is None:
        missing_service("the programs of PostgreSQL are not installed")
    programs = found[-1].parent if found else Path(located or "").parent
    folder = Path("/tmp") / f"armillary-cluster-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    cluster = Cluster(folder, programs)
    cluster.create()
    cluster.start()
    yield cluster
    with contextlib.suppress(subprocess.CalledProcessError):
        cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bank.db"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url


class Served:
    """`transaction_server.py` under uvicorn, in a process that may be killed."""

    def __init__(self, url: str, delivered: Path) -> None:
        self.url, self.delivered, self.port = url, delivered, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "TRANSACTION_SERVER_DATABASE": self.url,
            "TRANSACTION_SERVER_DELIVERED": str(self.delivered),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "transaction_server:app", "--port", str(self.port)],
            cwd=Path(__file__).parent,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                self.ask("GET", "/balances")
                return
            time.sleep(0.1)
        raise AssertionError("the server did not start")

    def ask(self, method: str, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def end(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None


@pytest.fixture
def served(url: str, tmp_path: Path) -> Iterator[Served]:
    served = Served(url, tmp_path / "delivered")
    served.start()
    yield served
    served.end(signal.SIGKILL)


def test_a_server_killed_in_mid_request_leaves_nothing_half_written_and_nothing_lost(served: Served) -> None:
    _, before = served.ask("GET", "/balances")
    first, second = (int(number) for number in before.strip(b"[]").split(b","))
    transferred = [key for key in ("a", "b", "c") if served.ask("POST", f"/transfer/{uuid.uuid4().hex}{key}")[0] == 200]
    assert len(transferred) == 3

    def ask_and_lose() -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            served.ask("POST", f"/transfer/{uuid.uuid4().hex}?pause=30")

    lost = Thread(target=ask_and_lose)
    lost.start()
    time.sleep(1)  # the first statement has run by now, and the request pauses
    served.end(signal.SIGKILL)
    lost.join()
    served.start()
    status, after = served.ask("GET", "/balances")
    assert status == 200
    assert [int(number) for number in after.strip(b"[]").split(b",")] == [first - 30, second + 30]


def test_messages_recorded_before_the_kill_are_delivered_after_the_restart(served: Served) -> None:
    served.end(signal.SIGTERM)

    async def record() -> None:
        from armillary.sqlalchemy import Outbox

        async with Database(served.url) as database:
            outbox = Outbox(database)
            async with database.transaction() as own:
                await outbox.record(own, "transferred", "kept", key="kept")
            await outbox.claim(10, lease=1)  # a relay claimed it, and died

    asyncio.run(record())
    served.start()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if served.delivered.exists() and "kept" in served.delivered.read_text().split():
            break
        time.sleep(0.1)
    assert "kept" in served.delivered.read_text().split()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_database_that_goes_away_and_comes_back_needs_no_restart(
    cluster: Cluster, tmp_path: Path, driver: str
) -> None:
    served = Served(cluster.url.replace("psycopg", driver), tmp_path / "delivered")
    served.start()
    try:
        assert served.ask("GET", "/balances")[0] == 200
        cluster.stop()
        started = time.monotonic()
        assert served.ask("GET", "/balances")[0] == 503
        assert served.ask("POST", "/transfer/x")[0] == 503
        assert time.monotonic() - started < 15
        cluster.start()
        deadline = time.monotonic() + 20
        while (status := served.ask("GET", "/balances")[0]) != 200 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert status == 200
    finally:
        served.end(signal.SIGKILL)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_a_network_that_falls_silent_and_is_back_needs_no_restart(
    cluster: Cluster, tmp_path: Path, driver: str
) -> None:
    """With the time-outs that a `Database` has by default; the locks of what was cut off are released, too."""

    def transfer_again(served: Served) -> None:
        end = time.monotonic() + 10
        while served.ask("POST", f"/transfer/{driver}-again")[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)

    async def main() -> None:
        async with Network(cluster.port) as network:
            url = cluster.url.replace(f":{cluster.port}/", f":{network.port}/").replace("psycopg", driver)
            served = Served(url, tmp_path / "delivered")
            await asyncio.to_thread(served.start)
            try:
                assert (await asyncio.to_thread(served.ask, "GET", "/balances"))[0] == 200
                transfer = asyncio.create_task(asyncio.to_thread(served.ask, "POST", f"/transfer/{driver}?pause=1"))
                await asyncio.sleep(0.5)  # its first statement has changed a row
                network.silent = True
                started = time.monotonic()
                cut_off = [asyncio.to_thread(served.ask, "GET", "/balances") for _ in range(10)]
                assert {status for status, _ in await asyncio.gather(transfer, *cut_off)} == {503}
                assert time.monotonic() - started < 20
                network.silent = False
                await asyncio.to_thread(transfer_again, served)
                await asyncio.to_thread(served.end, signal.SIGTERM)
            finally:
                served.end(signal.SIGKILL)

    asyncio.run(main())


def test_ten_thousand_requests_with_failures_and_disconnects_leak_no_connection(url: str) -> None:
    """Half of them fail in one way or another; the counters of the pool show what is left in use."""
    chance = random.Random(7)
    kinds = ["ok", "ok", "ok", "raise", "reject", "disconnect", "cancel", "bad-sql"]

    async def endpoint(request: Request) -> Response:
        kind = request.scope["path"].strip("/")
        held = database_session(request)
        await held.execute(text("SELECT 1"))
        if kind == "raise":
            raise LookupError
        if kind == "bad-sql":
            await held.execute(text("SELECT nothing FROM nowhere"))
        if kind == "cancel":
            await asyncio.sleep(30)
        return Response(status_code=409 if kind == "reject" else 200)

    async def main() -> None:
        database = Database(url, pool_size=4, max_overflow=2, pool_timeout=60)
        app = TransactionMiddleware(request_response(endpoint), database)

        async def one(kind: str) -> None:
            events = [{"type": "http.disconnect"}] if kind == "disconnect" else []

            async def receive() -> Any:
                return events.pop() if events else await asyncio.get_running_loop().create_future()

            async def send(message: Any) -> None: ...

            scope = {"type": "http", "method": "GET", "path": f"/{kind}", "headers": []}
            task = asyncio.ensure_future(app(scope, receive, send))
            if kind == "cancel":
                asyncio.get_running_loop().call_later(chance.uniform(0, 0.01), task.cancel)
            with contextlib.suppress(Exception, asyncio.CancelledError):
                await task

        async def some(count: int) -> None:
            for _ in range(count):
                await one(chance.choice(kinds))

        await asyncio.gather(*(some(1000) for _ in range(10)))
        await asyncio.sleep(0.1)
        status = database.pool_status()
        assert status.in_use == 0
        assert status.idle <= 4
        await one("ok")
        await database.close()

    asyncio.run(main())
