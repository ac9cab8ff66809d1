"""The commands, as `python -m armillary.openapi` and `armillary openapi` run them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
import yaml

from armillary.openapi._commands import main

PROGRAM = """
from armillary.http import PlainTextResponse
from armillary.openapi import OpenAPI
from armillary.routing import Route, Router

async def show(request) -> PlainTextResponse:
    "Show a star."

app = Router([Route("/stars/{number:int}", show)])
plain = Router([Route("/stars/{number:int}", show)])
OpenAPI(title="Stars", version="2.0").add_to(app)
nothing = object()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "observatory.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "observatory", raising=False)
    return tmp_path


def test_the_document_of_the_application_s_own_openapi_is_written(folder: Path) -> None:
    command = [sys.executable, "-m", "armillary.openapi", "observatory:app"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    assert document["info"] == {"title": "Stars", "version": "2.0"}
    assert list(document["paths"]) == ["/stars/{number}"]


def test_an_application_without_one_is_described_all_the_same(folder: Path) -> None:
    output = folder / "openapi.yaml"
    arguments = ["observatory:plain", "--yaml", "--title", "Plain", "-o", str(output), "--app-dir", str(folder)]
    assert main(arguments) == 0
    assert yaml.safe_load(output.read_text())["info"]["title"] == "Plain"


def test_the_command_is_one_of_armillary(folder: Path) -> None:
    (found,) = entry_points(group="armillary.commands", name="openapi")
    assert found.load() is main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["observatory"], "observatory is neither a file nor an application, which is written as module:name"),
        (["elsewhere:app"], "there is no module elsewhere in"),
        (["observatory:missing"], "observatory has no missing"),
        (["observatory:nothing"], "observatory:nothing has no routes"),
        (["diff", "observatory.py", "observatory:app"], "is no OpenAPI document"),
    ],
)
def test_mistakes_are_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "observatory.py").write_text(PROGRAM)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_diff_lists_the_changes_and_exits_with_1_if_some_break_clients(folder: Path, capsys: Any) -> None:
    old, new = folder / "old.json", folder / "new.yaml"
    assert main(["observatory:app", "-o", str(old)]) == 0
    document = json.loads(old.read_text())
    document["paths"]["/moons"] = document["paths"]["/stars/{number}"]
    new.write_text(yaml.safe_dump(document))
    assert main(["diff", str(old), str(new)]) == 0
    assert capsys.readouterr().out == "fine      GET /moons: the operation is new\n"
    assert main(["diff", str(new), str(old)]) == 1
    assert capsys.readouterr().out == "breaking  GET /moons: the operation is gone\n"
    assert main(["diff", str(new), "observatory:app", "--json"]) == 1
    (change,) = json.loads(capsys.readouterr().out)
    assert change == {"breaking": True, "operation": "GET /moons", "description": "the operation is gone"}


def test_a_client_in_typescript_is_written(folder: Path, capsys: Any) -> None:
    assert main(["typescript", "observatory:app"]) == 0
    client = capsys.readouterr().out
    assert client.startswith("// Stars 2.0: written by `armillary openapi typescript`.\n")
    assert "  /** Show a star */\n  getStarsByNumber(request: { path: { number: number } }" in client
