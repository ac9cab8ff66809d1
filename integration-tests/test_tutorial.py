"""The tutorial, followed word by word: after every page the tests pass, and the server responds as shown."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from charter import ROOT, load_charter
from testkit import free_port, wait_for_port
from tutorial import Step, steps
from wheelhouse import OWN_SETTINGS, Environment, build_wheels, find_uv
from workspace import Workspace

STEPS = steps()
SERVE = "armillary dev"


class Reader:
    """Someone who follows the pages in a folder, with the programs of an environment."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self.environ = {key: value for key, value in os.environ.items() if key not in OWN_SETTINGS}
        self.environ["PATH"] = f"{programs}{os.pathsep}{self.environ['PATH']}"

    def write(self, step: Step) -> None:
        for name, text in step.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def follow(self, step: Step) -> None:
        """Write the files of a page, run its commands and the tests, and compare what the server responds."""
        self.write(step)
        for command in step.commands:
            if command not in (SERVE, "python -m venv .venv", ". .venv/bin/activate") and "pip install" not in command:
                self.run(command)
        if list(self.folder.glob("test_*.py")):
            self.run("python -W error -m pytest -q -p no:cacheprovider")
        for file in self.folder.glob("stars.db*"):
            file.unlink()
        port = free_port()
        server = subprocess.Popen(
            [*SERVE.split(), "--no-reload", "--port", str(port)],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_for_port(port, server, 80)
            for command, expected in step.transcript:
                assert self.run(command.replace(":8000", f":{port}")).rstrip() == expected.rstrip(), command
        finally:
            server.terminate()
            output = server.communicate(timeout=30)[0]
        assert "Traceback" not in output


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_a_reader_who_follows_every_page_has_a_working_application(tmp_path: Path) -> None:
    reader = Reader(tmp_path, Path(sys.executable).parent)
    for step in STEPS:
        reader.follow(step)


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_the_wheels_that_the_first_page_installs_are_enough(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    build_wheels(Workspace(ROOT, load_charter()), wheels)
    (install,) = [command for command in STEPS[0].commands if command.startswith("pip install ")]
    environment = Environment(tmp_path / ".venv")
    command = f"{find_uv()} pip install --python {environment.python} --find-links {wheels} " + install[12:]
    folder = tmp_path / "stars"
    folder.mkdir()
    reader = Reader(folder, environment.python.parent)
    reader.run(command)
    for step in STEPS:
        reader.follow(step)


def test_no_page_shows_a_block_that_nothing_checks() -> None:
    checked = {"py", "html", "css", "shell", "console", "text"}
    for path in sorted((ROOT / "docs" / "tutorial").glob("*.md")):
        fences = [line for line in path.read_text("utf-8").splitlines() if line.startswith("```") and line != "```"]
        assert {fence.removeprefix("```").partition(" ")[0] for fence in fences} <= checked, path.name
