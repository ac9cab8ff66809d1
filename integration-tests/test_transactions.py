"""Transactions of a served program: killed in mid-request, restarted, its database taken away and brought back."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import text
from testkit import Network, PostgreSQLServer, free_port

from armillary.http import Request, Response, request_response
from armillary.sqlalchemy import Database, TransactionMiddleware, database_session

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgreSQLServer]:
    """A PostgreSQL server for these tests; not in pytest's folder, which the user postgres may not enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with PostgreSQLServer(Path(folder) / "cluster") as server:
            yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bank.db"
    cluster: PostgreSQLServer = request.getfixturevalue("cluster")
    return cluster.url.replace("postgresql:", "postgresql+psycopg:")


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
    cluster: PostgreSQLServer, tmp_path: Path, driver: str
) -> None:
    served = Served(cluster.url.replace("postgresql:", f"postgresql+{driver}:"), tmp_path / "delivered")
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
    cluster: PostgreSQLServer, tmp_path: Path, driver: str
) -> None:
    """With the time-outs that a `Database` has by default; the locks of what was cut off are released, too."""

    def transfer_again(served: Served) -> None:
        end = time.monotonic() + 10
        while served.ask("POST", f"/transfer/{driver}-again")[0] != 200:
            assert time.monotonic() < end
            time.sleep(0.1)

    async def main() -> None:
        async with Network(cluster.port) as network:
            url = cluster.url.replace(f":{cluster.port}/", f":{network.port}/").replace(
                "postgresql:", f"postgresql+{driver}:"
            )
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
