"""`armillary new`, from wheels alone: each template is locked, typed, tested and served.

The projects find the parts of the toolkit in a folder of this checkout's wheels, and everything else on the index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from charter import ROOT, load_charter
from testkit import free_port, wait_for_port
from wheelhouse import OWN_SETTINGS, Environment, build_wheels, find_uv
from workspace import Workspace

from armillary.cli._new import project_files

TEMPLATES = {"minimal": "/", "api": "/stars", "site": "/", "full": "/api/stars"}
# What the documentation promises from an empty folder to a served API, in seconds.
FIRST_HOUR_COMMANDS = 5


class Shell:
    """Runs commands in a folder, as a user does who has only the wheels."""

    def __init__(self, folder: Path, wheels: Path, programs: Path) -> None:
        self.folder = folder
        self.environ = {key: value for key, value in os.environ.items() if key not in OWN_SETTINGS}
        self.environ |= {
            "UV_FIND_LINKS": str(wheels),
            "UV_PYTHON": sys.executable,
            "PIP_FIND_LINKS": str(wheels),
            "PATH": f"{programs}{os.pathsep}{Path(find_uv()).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout

    def serve(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    build_wheels(Workspace(ROOT, load_charter()), folder)
    return folder


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Path:
    """The folder of the `armillary` command, installed from its wheel."""
    environment = Environment(tmp_path_factory.mktemp("cli") / "venv")
    environment.install("--find-links", wheels, "armillary-cli")
    return environment.python.parent


@pytest.fixture
def shell(tmp_path: Path, wheels: Path, programs: Path) -> Callable[[str], Shell]:
    def begin(template: str) -> Shell:
        Shell(tmp_path, wheels, programs).run("armillary", "new", "star-list", "--template", template)
        return Shell(tmp_path / "star-list", wheels, programs)

    return begin


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_passes_its_own_lint(tmp_path: Path, template: str) -> None:
    for path, text in project_files("star-list", template):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check", "--no-cache"], ["format", "--no-cache", "--check"]):
        done = subprocess.run([*ruff, *command], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_is_locked_typed_tested_and_served(shell: Callable[[str], Shell], template: str) -> None:
    project = shell(template)
    assert 'name = "armillary-cli"' in (project.folder / "uv.lock").read_text("utf-8")
    workflow = (project.folder / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    commands = re.findall(r"- run: (.*)", workflow)
    assert commands[0] == "uv sync --locked"
    for command in commands:
        output = project.run(*command.split())
    assert "0 errors" in output or "nothing to remark" in output
    port = free_port()
    server = project.serve("uv", "run", "armillary", "run", "--port", str(port))
    try:
        wait_for_port(port, server)
        for path in (TEMPLATES[template], "/health"):
            with urlopen(f"http://127.0.0.1:{port}{path}") as response:
                assert response.status == 200
    finally:
        server.terminate()
        output = server.communicate(timeout=20)[0]
    assert "Traceback" not in output


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
@pytest.mark.parametrize("template", TEMPLATES)
def test_the_commands_of_the_dockerfile_make_what_is_served(shell: Callable[[str], Shell], template: str) -> None:
    project = shell(template)
    dockerfile = (project.folder / "Dockerfile").read_text("utf-8")
    build = project.folder.parent / "image"
    build.mkdir()
    for copied in re.search(r"COPY (pyproject.toml uv.lock) ", dockerfile)[1].split():  # type: ignore[index]
        shutil.copy(project.folder / copied, build)
    image = Shell(build, Path(project.environ["UV_FIND_LINKS"]), Path("/nonexistent"))
    for setting in re.search(r"ENV (UV_.*)", dockerfile)[1].split():  # type: ignore[index]
        key, _, value = setting.partition("=")
        image.environ[key] = value
    sync = re.search(r"RUN (uv sync .*)", dockerfile)[1]  # type: ignore[index]
    image.run(*sync.split())
    ignored = shutil.ignore_patterns(*(project.folder / ".dockerignore").read_text("utf-8").replace("**/", "").split())
    shutil.copytree(project.folder, build, ignore=ignored, dirs_exist_ok=True)
    assert not (build / "tests").exists()
    port = str(free_port())
    command = re.findall(r'"([^"]*)"', re.search(r"^CMD (.*)", dockerfile, re.MULTILINE)[1])  # type: ignore[index]
    command = [port if part == "8000" else part for part in command]
    image.environ["ALLOWED_HOSTS"] = "stars.example"
    server = image.serve(str(build / ".venv" / "bin" / command[0]), *command[1:])
    try:
        wait_for_port(int(port), server)
        health = re.search(r'HEALTHCHECK CMD \["python", "-c", "(.*)"\]', dockerfile)[1]  # type: ignore[index]
        image.run(str(build / ".venv" / "bin" / "python"), "-c", health.replace("8000", port))
    finally:
        server.terminate()
        server.communicate(timeout=20)


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_from_an_empty_folder_to_a_served_api_in_five_commands(
    tmp_path: Path, wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The commands of the README; how long they took is shown, and not tested."""
    readme = (ROOT / "README.md").read_text("utf-8")
    block = readme.partition("```shell\n")[2].partition("```")[0]
    commands = [line.partition("#")[0].strip() for line in block.splitlines()]
    commands = [command for command in commands if command]
    assert len(commands) <= FIRST_HOUR_COMMANDS
    assert commands[-1] == "uv run armillary dev"
    started = time.monotonic()
    shell = Shell(tmp_path, wheels, Path("/nonexistent"))
    for command in commands[:-1]:
        for part in command.split(" && "):
            if part.startswith("cd "):
                shell.folder /= part.removeprefix("cd ")
            else:
                shell.run("sh", "-c", part)
    port = free_port()
    server = shell.serve(*commands[-1].split(), "--port", str(port))
    try:
        wait_for_port(port, server)
        with urlopen(f"http://127.0.0.1:{port}/stars") as response:
            assert response.status == 200
        with capsys.disabled():
            sys.stdout.write(f"\nfrom an empty folder to a served API: {time.monotonic() - started:.1f} s\n")
    finally:
        server.terminate()
        server.communicate(timeout=20)
