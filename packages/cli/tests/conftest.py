from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from armillary.cli import main


class Done(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


class Project:
    """A folder of a program, in which commands run."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capture = capture

    def write(self, text: str, name: str = "app.py") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def forget(self) -> None:
        """Forget the modules of the folder, so that they are imported again."""
        folder = os.path.realpath(self.folder) + os.sep
        for name, module in [*sys.modules.items()]:
            # Not asked for as an attribute: a module that loads others on demand would load them.
            if str(getattr(module, "__dict__", {}).get("__file__")).startswith(folder):
                del sys.modules[name]

    def run(self, *arguments: str) -> Done:
        self._capture.readouterr()
        self.forget()
        code = main(arguments)
        captured = self._capture.readouterr()
        return Done(code, captured.out, captured.err)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Project]:
    """An empty project in the current folder; what its programs import is forgotten afterwards."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "")
    project = Project(folder, capsys)
    yield project
    project.forget()


@pytest.fixture
def fails(project: Project) -> Callable[..., str]:
    """Run a command that fails with one sentence, and return the sentence."""

    def run(*arguments: str) -> str:
        done = project.run(*arguments)
        assert done.code == 1, done
        lines = done.err.strip().splitlines()
        assert len(lines) == 1, done.err
        assert lines[0].startswith("Error: ")
        return lines[0].removeprefix("Error: ")

    return run
