"""Commands of other packages, by the entry-point group `armillary.commands`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest

from armillary.cli import _main

COMMAND = """
import sys
from armillary.cli import CommandError

def sky(argv):
    if argv == ["fail"]:
        raise CommandError("no telescope is connected; set TELESCOPE")
    print("sky", *argv)
    return len(argv)
"""


@pytest.fixture
def with_sky(project: Any) -> Any:
    """A project with an installed distribution that provides the command `sky`."""
    project.write(COMMAND, "lib/skylib.py")
    project.write("Metadata-Version: 2.1\nName: sky-lib\nVersion: 1\n", "lib/sky_lib-1.dist-info/METADATA")
    project.write(
        "[armillary.commands]\nsky = skylib:sky\nbroken = skylib:nothing\n", "lib/sky_lib-1.dist-info/entry_points.txt"
    )
    sys.path.insert(0, str(project.folder / "lib"))
    return project


def test_a_command_of_another_package_gets_all_its_arguments_and_gives_the_exit_code(with_sky: Any) -> None:
    done = with_sky.run("sky", "--json", "-h")
    assert (done.code, done.out) == (2, "sky --json -h\n")
    assert with_sky.run("sky").code == 0


def test_it_is_listed_with_the_package_that_provides_it(with_sky: Any) -> None:
    assert "sky Provided by sky-lib." in " ".join(with_sky.run("--help").out.split())


def test_its_error_is_one_sentence(with_sky: Any, fails: Callable[..., str]) -> None:
    assert fails("sky", "fail") == "no telescope is connected; set TELESCOPE"
    assert fails("broken").startswith("the command broken cannot be loaded: ")


@pytest.mark.parametrize(("command", "package"), [("worker", "armillary-tasks"), ("openapi", "armillary-openapi")])
def test_a_command_of_a_package_that_is_missing_names_what_to_install(
    fails: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str, package: str
) -> None:
    monkeypatch.setattr(_main, "_entry_points", dict)
    assert fails(command, "--x") == (
        f"the command {command} is in {package}, which is not installed; run: pip install {package}"
    )


def test_an_unknown_command_or_option_exits_with_2(project: Any) -> None:
    done = project.run("fly")
    assert done.code == 2
    assert "No such command 'fly'" in done.err
    assert project.run("routes", "--fly").code == 2


def test_help_and_version(project: Any) -> None:
    assert project.run("--version") == (0, f"armillary {version('armillary-cli')}\n", "")
    out = project.run("-h").out
    assert all(f"  {name} " in out for name in ("dev", "run", "routes", "check", "shell"))
