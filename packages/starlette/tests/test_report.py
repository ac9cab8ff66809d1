"""What of a program runs on which part: `armillary.starlette.report()` and `--report`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount, Route, WebSocketRoute


class Odd(Route):
    def matches(self, scope):
        return super().matches(scope)


class Foreign:
    path = "/foreign"

    def matches(self, scope): ...


class Timing:
    def __init__(self, app): ...


async def endpoint(request): ...


below = Starlette(routes=[Route("/{key}", endpoint, methods=["POST"])])
app = Starlette(
    routes=[
        Route("/", endpoint, methods=["PUT"]),
        WebSocketRoute("/ws", endpoint),
        Odd("/odd", endpoint),
        Mount("/below", below),
        Host("a.example", below),
        Foreign(),
    ],
    middleware=[Middleware(GZipMiddleware), Middleware(Timing)],
)
"""

EXPECTED = """\
import starlette | starlette 1.10.0 is served by armillary-starlette 1.0.0
application starlette.applications.Starlette | armillary.starlette
middleware GZipMiddleware | armillary.starlette
middleware Timing | the program's own
PUT / | the index
WebSocket /ws | the index
GET,HEAD /odd | the program's own: Odd has a method matches of its own
Mount /below | the index
Host a.example | the index
Foreign /foreign | the program's own: Foreign is no route of armillary.starlette, and is always asked
POST /below/{key} | the index
POST a.example/{key} | the index
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_reports_what_of_an_application_runs_on_which_part(folder: Path) -> None:
    done = run(folder, "-m", "armillary.starlette", "-q", "--report", "program:app")
    assert [" ".join(line.split()) for line in done.stdout.splitlines()] == [
        line.replace(" | ", " ") for line in EXPECTED.splitlines()
    ], done.stderr


def test_only_what_falls_back_has_a_reason(folder: Path) -> None:
    program = (
        "import armillary.starlette; armillary.starlette.install(); from program import app\n"
        "for line in armillary.starlette.report(app).fallbacks: print(line.what)"
    )
    assert run(folder, "-c", program).stdout.splitlines() == ["GET,HEAD /odd", "Foreign /foreign"]


def test_the_report_of_a_program_on_another_starlette_says_how_to_start(tmp_path: Path) -> None:
    (tmp_path / "starlette").mkdir()
    (tmp_path / "starlette/__init__.py").write_text("")
    done = run(tmp_path, "-c", "import starlette, armillary.starlette as a; print(a.report())")
    assert f"the real Starlette, from {tmp_path}" in done.stdout
    assert "start with python -m armillary.starlette" in done.stdout


def test_what_is_no_application_of_the_drop_in_is_not_looked_into(folder: Path) -> None:
    program = "import armillary.starlette as a; a.install(); print(a.report(print).fallbacks[0].reason)"
    assert run(folder, "-c", program).stdout == "it is no Starlette of armillary.starlette\n"


def test_an_accelerator_speaks_for_the_routers_that_it_serves(folder: Path) -> None:
    (folder / "fastapi.py").write_text("")
    (folder / "faster.py").write_text(
        "def activate(): ...\n"
        "def report(router):\n"
        "    if router is None: return [('import fastapi', 'faster', '')]\n"
        "    return [('GET /all', 'faster', 'a reason')] if len(router.routes) == 1 else None\n"
    )
    metadata = folder / "armillary_fastapi-1.0.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: armillary-fastapi\nVersion: 1.0.0\n")
    (metadata / "entry_points.txt").write_text(
        "[armillary.starlette.accelerators]\nfastapi = faster:activate\n"
        "[armillary.starlette.reports]\nfastapi = faster:report\n"
    )
    program = (
        "import armillary.starlette as a; a.install(); import fastapi; from program import app\n"
        "for line in a.report(app): print(line)"
    )
    lines = [" ".join(line.split()) for line in run(folder, "-c", program).stdout.splitlines()]
    assert lines[1] == "import fastapi faster"
    assert lines[-2:] == ["GET /below/all faster: a reason", "GET a.example/all faster: a reason"]
    off = run(folder, "-c", program, ARMILLARY_FASTAPI="0").stdout.splitlines()
    assert off[1].endswith("fastapi itself: ARMILLARY_FASTAPI=0 turns armillary-fastapi off")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--report"], "--report needs a module and the name of its application"),
        (["--report", "program"], "--report needs a module and the name of its application"),
        (["--report", "program:other"], "has no attribute 'other'"),
        (["--report", "nothing:app"], "No module named 'nothing'"),
    ],
    ids=["nothing", "no name", "another name", "no module"],
)
def test_a_wrong_reference_ends_with_a_sentence_and_status_2(folder: Path, arguments: list[str], sentence: str) -> None:
    done = run(folder, "-m", "armillary.starlette", "-q", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
