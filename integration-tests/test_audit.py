"""The audit fails for a vulnerability, and for a source that has no data, instead of passing."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from charter import ROOT

Advisories = dict[str, str]
"""Ids of advisories by the name of their package."""


@pytest.fixture
def source() -> Iterator[Callable[[Advisories], str]]:
    """Start a source of advisories on loopback, and return its address."""
    servers: list[ThreadingHTTPServer] = []

    def start(advisories: Advisories) -> str:
        class Source(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = json.loads(self.rfile.read(int(self.headers["content-length"])))
                name = query["package"]["name"]
                found = {"vulns": [advisory(name, advisories[name])]} if name in advisories else {}
                body = json.dumps(found).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/v1/query"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def advisory(package: str, name: str) -> dict[str, object]:
    versions = {"package": {"name": package, "ecosystem": "PyPI"}, "ranges": [], "versions": ["1.0"]}
    return {"id": name, "modified": "2026-01-01T00:00:00Z", "summary": "a flaw", "affected": [versions]}


def audit(tmp_path: Path, url: str) -> subprocess.CompletedProcess[str]:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("anyio==4.9.0\nmarkupsafe==3.0.2\n", "utf-8")
    command = [sys.executable, str(ROOT / "tools" / "audit.py"), "--osv-url", url, str(requirements)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_an_empty_source_fails(tmp_path: Path, source: Callable[[Advisories], str]) -> None:
    done = audit(tmp_path, source({}))
    assert done.returncode == 2
    assert "has no advisories: it knows no flaw of bottle" in done.stderr


@pytest.mark.nightly
def test_a_source_that_is_not_there_fails(tmp_path: Path) -> None:
    assert audit(tmp_path, "http://127.0.0.1:9/v1/query").returncode == 2


@pytest.mark.nightly
def test_a_source_with_data_passes_if_nothing_is_known(tmp_path: Path, source: Callable[[Advisories], str]) -> None:
    done = audit(tmp_path, source({"bottle": "PYSEC-1"}))
    assert done.returncode == 0, done.stderr


@pytest.mark.nightly
def test_a_known_flaw_fails_and_is_named(tmp_path: Path, source: Callable[[Advisories], str]) -> None:
    done = audit(tmp_path, source({"bottle": "PYSEC-1", "markupsafe": "PYSEC-2026-77"}))
    assert done.returncode == 1
    assert "markupsafe 3.0.2: PYSEC-2026-77" in done.stdout
