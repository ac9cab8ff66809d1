"""Programs work as the bundles that people ship: one file, one folder, compiled, without docstrings and assertions."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import zipapp
from pathlib import Path
from typing import Any

import pytest
from charter import ROOT, load_charter
from wheelhouse import OWN_SETTINGS, Environment, build_wheels, requirement_of
from workspace import Workspace

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.usefixtures("without_watchdog"),
    pytest.mark.skipif(os.name == "nt", reason="bundles are made for POSIX here"),
]

WORKSPACE = Workspace(ROOT, load_charter())
SERVED = Path(__file__).parent / "served"
OK = [200, "", True]
EXPECTED: dict[str, Any] = {
    "bundled_native": {
        **{coding: [200, coding, True] for coding in ("gzip", "br", "zstd")},
        **dict.fromkeys(("/openapi.json", "/docs", "/graphql"), OK),
    },
    "bundled_drop_in": [200, "armillary.starlette", True],
}
REQUIREMENTS = [
    requirement_of(WORKSPACE.packages["compression"], ["brotli", "zstd"]),
    *(
        requirement_of(WORKSPACE.packages[name])
        for name in ("applications", "binding", "graphql", "openapi", "starlette")
    ),
]
every_program = pytest.mark.parametrize("program", EXPECTED)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build_wheels(WORKSPACE, folder)
    return folder


@pytest.fixture(scope="module")
def environment(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What the programs need, and the makers of bundles."""
    made = Environment(tmp_path_factory.mktemp("environment") / "env")
    made.install("--find-links", wheels, *REQUIREMENTS, "pip", "pyinstaller>=6.15", "shiv>=1", "pex>=2.60")
    return made


@pytest.fixture(scope="module")
def target(environment: Environment, wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages in one folder, and a program `main` for each of the programs beside them."""
    folder = tmp_path_factory.mktemp("target")
    environment.install("--find-links", wheels, "--target", folder, *REQUIREMENTS)
    for program in EXPECTED:
        shutil.copy(SERVED / f"{program}.py", folder)
    return folder


def run(*command: str | Path, cwd: Path, seconds: float = 180) -> str:
    environ = {key: value for key, value in os.environ.items() if key not in OWN_SETTINGS}
    environ |= {"SHIV_ROOT": str(cwd / "shiv"), "PEX_ROOT": str(cwd / "pex"), "PYTHONNOUSERSITE": "1"}
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=seconds)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@every_program
def test_pyinstaller(program: str, environment: Environment, tmp_path: Path) -> None:
    options = ("--noconfirm", "--log-level", "ERROR", "--exclude-module", "tkinter")
    run(environment.python, "-m", "PyInstaller", *options, SERVED / f"{program}.py", cwd=tmp_path, seconds=900)
    assert json.loads(run(tmp_path / "dist" / program / program, cwd=tmp_path)) == EXPECTED[program]


@every_program
def test_shiv(program: str, environment: Environment, target: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pyz"
    start = f"{program}:start"
    with_start(target, program)
    command = ("-m", "shiv.cli", "--site-packages", target, "--output-file", bundle, "--python", sys.executable)
    run(environment.python, *command, "--entry-point", start, cwd=tmp_path, seconds=300)
    assert json.loads(run(sys.executable, bundle, cwd=tmp_path)) == EXPECTED[program]


@every_program
def test_pex(program: str, environment: Environment, wheels: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pex"
    links = ("--find-links", wheels)
    resolver = ("--resolver-version", "pip-2020-resolver")  # the older one forgets extras of what is listed twice
    command = (
        "-m",
        "pex",
        *resolver,
        *links,
        *REQUIREMENTS,
        "--exe",
        SERVED / f"{program}.py",
        "--output-file",
        bundle,
    )
    run(environment.python, *command, cwd=tmp_path, seconds=600)
    assert json.loads(run(sys.executable, bundle, cwd=tmp_path)) == EXPECTED[program]


def test_zipapp(target: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pyz"
    with_start(target, "bundled_drop_in")
    zipapp.create_archive(target, bundle, main="bundled_drop_in:start")
    assert json.loads(run(sys.executable, "-I", bundle, cwd=tmp_path)) == EXPECTED["bundled_drop_in"]


@every_program
def test_compiled_files_alone(program: str, target: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(target, tmp_path / "compiled")
    assert compileall.compile_dir(copy, quiet=2, legacy=True, workers=1) is not None
    for source in copy.rglob("*.py"):
        if source.with_suffix(".pyc").is_file():
            source.unlink()
    assert json.loads(run(sys.executable, "-s", copy / f"{program}.pyc", cwd=tmp_path)) == EXPECTED[program]


@every_program
def test_without_docstrings_and_assertions(program: str, target: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-s", "-OO", "-W", "error::SyntaxWarning", target / f"{program}.py")
    assert json.loads(run(*command, cwd=tmp_path)) == EXPECTED[program]


def with_start(target: Path, program: str) -> None:
    """Give a program a function to start, which bundles name."""
    text = (SERVED / f"{program}.py").read_text("utf-8")
    (target / f"{program}.py").write_text(f"{text}\n\ndef start() -> None:\n    asyncio.run(main())\n", "utf-8")
