from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from armillary.cli import _new

TEMPLATES = ["minimal", "api", "site", "full"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project_has_everything_and_no_placeholder_is_left(project: Any, template: str) -> None:
    done = project.run("new", "star-list", "--template", template, "--no-lock")
    assert done.code == 0, done.err
    folder = project.folder / "star-list"
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"Dockerfile", ".dockerignore", ".gitignore", "README.md", ".github/workflows/ci.yml"} <= made
    texts = [path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()]
    assert not any(f"@{word}@" in text for text in texts for word in ("name", "app", "dependencies", "settings"))
    settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert settings["project"]["name"] == "star-list"
    assert any(path.startswith("tests/test_") for path in made)


def test_a_lock_file_is_made_in_the_new_folder(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []
    done = subprocess.CompletedProcess(["uv"], 0, "", "")
    monkeypatch.setattr(_new.subprocess, "run", lambda command, **options: ran.append((command, options)) or done)
    assert project.run("new", "star-list").code == 0
    ((command, options),) = ran
    assert command[1:] == ["lock", "--quiet"]
    assert str(options["cwd"]) == "star-list"


def test_a_lock_that_fails_says_what_uv_said(
    project: Any, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(project.folder / "cache"))
    sentence = fails("new", "star-list")
    assert sentence.startswith("star-list is made, and uv cannot lock it: ")
    assert sentence.endswith("; correct that, and run: uv lock")


def test_without_uv_nothing_is_written(
    project: Any, fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "uv", None)
    assert fails("new", "star-list") == (
        'uv makes the lock file; run: pip install "armillary-cli[new]" (or give --no-lock)'
    )
    assert not (project.folder / "star-list").exists()


def test_a_wrong_name_and_a_folder_that_exists_are_one_sentence(project: Any, fails: Callable[..., str]) -> None:
    assert fails("new", "Star List") == (
        "'Star List' is no name for a project; write lower case and dashes, such as: star-list"
    )
    (project.folder / "taken").mkdir()
    assert fails("new", "taken") == "there is a taken here already; write another name, or move it"
    assert project.run("new", "x", "--template", "huge").code == 2
