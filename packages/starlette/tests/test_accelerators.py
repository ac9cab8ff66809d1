"""Accelerators: found by their entry point when the module they are for is imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """\
import logging
logging.basicConfig(level="INFO", format="%(levelname)s %(message)s")
import armillary.starlette
armillary.starlette.install()
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder that holds a module called fastapi, and a distribution that accelerates it."""
    (tmp_path / "fastapi").mkdir()
    (tmp_path / "fastapi/__init__.py").write_text("print('fastapi is executed'); complete = True")
    (tmp_path / "fastapi/routing.py").write_text("print('fastapi.routing is executed')")
    (tmp_path / "faster.py").write_text(
        "import fastapi\n"
        "def activate():\n"
        "    print('activated', fastapi.complete)\n"
        "    return 'fastapi is faster'\n"
        "def fail(): raise ValueError('wrong version')\n"
    )
    declare(tmp_path, "faster:activate")
    return tmp_path


def declare(folder: Path, value: str) -> None:
    """Write a distribution's metadata with its entry point; it stands before an installed one of the name."""
    metadata = folder / "armillary_fastapi-1.0.0.dist-info"
    metadata.mkdir(exist_ok=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: armillary-fastapi\nVersion: 1.0.0\n")
    (metadata / "entry_points.txt").write_text(f"[armillary.starlette.accelerators]\nfastapi = {value}\n")


def run(folder: Path, program: str, **environ: str) -> tuple[list[str], str]:
    """Return the lines on stdout and the text on stderr of a program."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines(), done.stderr


def test_an_accelerator_is_activated_once_when_its_module_has_been_executed(library: Path) -> None:
    lines, log = run(library, "import fastapi.routing, fastapi")
    assert lines == ["fastapi is executed", "activated True", "fastapi.routing is executed"]
    assert log == "INFO fastapi is faster\n"


def test_the_module_keeps_its_own_loader(library: Path) -> None:
    lines, _ = run(
        library, "import fastapi, inspect; print(type(fastapi.__loader__).__name__, vars(fastapi.__loader__))"
    )
    assert lines[-1].startswith("SourceFileLoader")
    assert "exec_module" not in lines[-1]


def test_metadata_is_not_read_unless_the_module_is_imported(library: Path) -> None:
    lines, _ = run(library, "import starlette.status, sys; print('faster' in sys.modules, 'fastapi' in sys.modules)")
    assert lines == ["False False"]


def test_a_variable_leaves_the_accelerator_out(library: Path) -> None:
    assert run(library, "import fastapi", ARMILLARY_FASTAPI="0") == (["fastapi is executed"], "")


def test_a_failing_accelerator_is_logged_and_the_program_runs_without_it(library: Path) -> None:
    declare(library, "faster:fail")
    lines, log = run(library, "import fastapi; print('goes on')")
    assert lines == ["fastapi is executed", "goes on"]
    assert log.startswith("WARNING the accelerator faster:fail failed; fastapi runs without it")
    assert "ValueError: wrong version" in log


def test_the_search_for_a_missing_module_finds_nothing(tmp_path: Path) -> None:
    program = (
        "import importlib.util, sys; sys.path[:] = [path for path in sys.path if 'site-packages' not in path]\n"
        "print(importlib.util.find_spec('fastapi'))"
    )
    assert run(tmp_path, program) == (["None"], "")
