from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
from testkit import (
    NATSServer,
    PostgreSQLServer,
    RabbitMQServer,
    free_port,
    missing_service,
    own_postgresql_database,
    require_port,
    require_program,
    wait_for_port,
)


@pytest.mark.parametrize(
    ("required", "outcome"), [("1", pytest.fail.Exception), ("0", pytest.skip.Exception), (None, pytest.skip.Exception)]
)
def test_a_missing_service_skips_or_fails_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, required: str | None, outcome: type[BaseException]
) -> None:
    monkeypatch.delenv("ARMILLARY_REQUIRE_SERVICES", raising=False)
    if required is not None:
        monkeypatch.setenv("ARMILLARY_REQUIRE_SERVICES", required)
    with pytest.raises(outcome, match="the moon is not up"):
        missing_service("the moon is not up")
    with pytest.raises(outcome, match="no-such-program is not installed"):
        require_program("no-such-program")
    with pytest.raises(outcome, match=r"nothing listens on 127\.0\.0\.1:"):
        require_port(free_port())


def test_what_listens_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        require_port(port)
        wait_for_port(port)


def test_waiting_ends_with_the_process_or_the_time() -> None:
    with pytest.raises(TimeoutError, match="nothing listens"):
        wait_for_port(free_port(), seconds=0.05)
    with subprocess.Popen([sys.executable, "-c", ""]) as process, pytest.raises(TimeoutError):
        wait_for_port(free_port(), process, seconds=60)


def test_a_redis_is_stopped_and_started_on_its_port(redis_server: Any) -> None:
    require_port(redis_server.port)
    redis_server.stop()
    with pytest.raises(TimeoutError):
        wait_for_port(redis_server.port, seconds=0.05)
    redis_server.start()
    require_port(redis_server.port)


def test_a_database_is_for_one_use_and_dropped_after_it() -> None:
    require_port(5432)
    with own_postgresql_database() as one, own_postgresql_database() as other:
        assert one != other
        with psycopg.connect(one) as connection:
            connection.execute("CREATE TABLE star (id int)")
        with psycopg.connect(other) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM star")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(one)


@pytest.mark.parametrize(
    "kind", [NATSServer, PostgreSQLServer, pytest.param(RabbitMQServer, marks=pytest.mark.nightly)]
)
def test_a_server_of_the_tests_own_starts_again_on_its_port(kind: Any) -> None:
    # Not in `tmp_path`, which the user postgres may not enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        path = Path(folder) / "kept"
        if kind is not PostgreSQLServer:
            path.mkdir()
        with kind(path) as server:
            server.stop()
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.1", server.port))
            server.start()
            require_port(server.port)
