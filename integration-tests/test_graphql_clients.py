"""GraphQL on a real server, as the reference clients of its protocols see it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testkit import install_npm_packages

HERE = Path(__file__).with_name("graphql")
ROOT = HERE.parents[1]
CLIENTS = ROOT / ".cache" / "graphql-clients"
OTHERS = ["hypercorn-asyncio", "granian"]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and the npm clients that they import."""
    folder = tmp_path_factory.mktemp("clients")
    for path in HERE.glob("*.mjs"):
        shutil.copy(path, folder)
    (folder / "node_modules").symlink_to(install_npm_packages(HERE, CLIENTS))
    return folder


@pytest.fixture(
    scope="module", params=["uvicorn-websockets", *(pytest.param(name, marks=pytest.mark.nightly) for name in OTHERS)]
)
def server(request: pytest.FixtureRequest, serve: Callable[..., Any]) -> Any:
    served = Path(__file__).with_name("served")
    return serve(request.param, "graphql_story:app", PYTHONPATH=os.pathsep.join([str(served), str(ROOT)]))


def run(clients: Path, script: str, *arguments: str) -> list[Any]:
    """Run a script and return what it printed, decoded line by line."""
    command = ["node", script, *arguments]
    result = subprocess.run(command, cwd=clients, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stdout + result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def countdown(start: int) -> list[Any]:
    return [{"data": {"countdown": number}} for number in range(start, -1, -1)]


def check_bookshelf(seen: dict[str, Any]) -> None:
    author = {"name": "Ursula K. Le Guin"}
    assert seen["query"] == [{"data": {"books": [{"title": "The Dispossessed", "author": author}]}}]
    assert seen["mutation"] == [{"data": {"addBook": {"title": "Fiasco"}}}]
    assert seen["subscription"] == countdown(2)
    assert seen["together"] == [countdown(1), countdown(2), countdown(3)]
    assert seen["first"] == {"data": {"countdown": 50}}


def test_every_audit_of_graphql_http_passes(clients: Path, server: Any) -> None:
    audits = run(clients, "audits.mjs", f"http://127.0.0.1:{server.port}/")
    assert len(audits) >= 61
    failed = [audit for audit in audits if audit["status"] != "ok"]
    assert failed == []
    assert {audit["name"].split()[0] for audit in audits} == {"MUST", "SHOULD", "MAY"}


def test_the_graphql_ws_client_runs_operations(clients: Path, server: Any) -> None:
    (seen,) = run(clients, "websocket.mjs", f"ws://127.0.0.1:{server.port}/")
    check_bookshelf(seen)
    assert seen["invalid"] == ["Cannot query field 'nothing' on type 'Query'."]


@pytest.mark.parametrize("mode", ["distinct", "single"])
def test_the_graphql_sse_client_runs_operations(clients: Path, server: Any, mode: str) -> None:
    (seen,) = run(clients, "events.mjs", f"http://127.0.0.1:{server.port}/", mode)
    check_bookshelf(seen)
    if mode == "distinct":
        assert "nothing" in seen["invalid"][0]["errors"][0]["message"]
    else:
        assert "400" in seen["rejected"] or "nothing" in seen["rejected"]
