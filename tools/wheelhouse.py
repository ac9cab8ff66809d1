"""Wheels of every package, and environments that hold only what is requested.

The integration tests run on what is published: wheels are built into a folder, and installed from it into fresh
environments made by uv.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from charter import ROOT, Row, distribution_name, load_charter, normalized
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from workspace import Package, Workspace

# What must not leak from the environment of the caller into one made here.
OWN_SETTINGS = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONWARNINGS", "PYTHONSTARTUP")


def find_uv() -> str:
    """Return the uv that the environment variable UV names, or that the set-up recorded."""
    recorded_path = ROOT / ".tools" / "uv-path"
    return os.environ.get("UV") or (recorded_path.read_text("utf-8").strip() if recorded_path.is_file() else "uv")


def build_wheels(workspace: Workspace, folder: Path) -> dict[str, Path]:
    """Build the wheel of every package into a folder, and return the wheels by the packages' names."""
    folder.mkdir(parents=True, exist_ok=True)
    return {name: build_wheel(package, folder) for name, package in workspace.packages.items()}


def build_wheel(package: Package, folder: Path) -> Path:
    """Build one package's wheel into a folder, and return it."""
    built = WheelBuilder(str(package.folder)).build(directory=str(folder), versions=["standard"])
    return Path(next(iter(built)))


def what_it_brings(workspace: Workspace, name: str, extras: Iterable[str] = ()) -> tuple[set[str], list[Requirement]]:
    """Return the siblings and the foreign requirements that installing a package brings, by its metadata.

    Args:
        workspace: all packages.
        name: the package's folder.
        extras: the extras it is installed with.
    """
    siblings: set[str] = set()
    outside: dict[str, Requirement] = {}
    waiting = [(name, "")] + [(name, extra) for extra in extras]
    seen: set[tuple[str, str]] = set()
    while waiting:
        here = waiting.pop()
        if here in seen:
            continue
        seen.add(here)
        package = workspace.packages[here[0]]
        for requirement in package.optional[here[1]] if here[1] else package.required:
            sibling = workspace.folders.get(normalized(requirement.name))
            if sibling is None:
                outside[str(requirement)] = requirement
                continue
            siblings.add(sibling)
            waiting += [(sibling, "")] + [(sibling, extra) for extra in requirement.extras]
    return siblings - {name}, list(outside.values())


def allowed_siblings(charter: dict[str, Row], name: str, *, with_extras: bool = False) -> set[str]:
    """Return the siblings that a package may bring by the charter: its siblings, and theirs; what stands on it too."""
    found = {above for above, row in charter.items() if with_extras and name in row.siblings}
    waiting = [name, *found]
    while waiting:
        row = charter[waiting.pop()]
        for sibling in row.siblings | (row.extra_siblings if with_extras or row.name != name else frozenset()):
            if sibling not in found:
                found.add(sibling)
                waiting.append(sibling)
    return found - {name}


def make_environment(name: str, *requirements: str) -> Environment:
    """Return `.tools/venvs/<name>`, with the requirements and the newest wheels of every package in it.

    It is made once; this checkout's packages are built and installed each time.
    """
    place = ROOT / ".tools" / "venvs"
    place.mkdir(parents=True, exist_ok=True)
    environment = Environment(place / name)
    workspace = Workspace(ROOT, load_charter())
    with tempfile.TemporaryDirectory(prefix="armillary-wheels-") as folder:
        build_wheels(workspace, Path(folder))
        every = [
            requirement_of(package, ["all"] if package.is_meta else package.optional)
            for package in workspace.packages.values()
        ]
        renewed = [part for distribution in workspace.folders for part in ("--reinstall-package", distribution)]
        environment.install("--find-links", folder, *renewed, *requirements, *every)
    return environment


class Environment:
    """A virtual environment made by uv."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self._environ = {key: value for key, value in os.environ.items() if key not in OWN_SETTINGS}
        if not self.python.exists():
            self._uv("venv", "--quiet", "--python", python, str(folder))

    def install(self, *arguments: str | Path) -> None:
        """Install with `uv pip install`.

        Raises:
            RuntimeError: it cannot be installed; the message is uv's.
        """
        self._uv("pip", "install", "--quiet", "--python", str(self.python), *map(str, arguments))

    def _uv(self, *command: str) -> None:
        done = subprocess.run(
            [find_uv(), *command],
            cwd=self.folder.parent,
            env=self._environ,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"uv {' '.join(command)}\n{done.stderr}")

    def run(self, program: str, *arguments: str, seconds: float = 60) -> str:
        """Run a program in the environment, warnings as errors, in an empty folder, and return what it prints.

        Raises:
            RuntimeError: it fails; the message is what it wrote to standard error.
        """
        place = self.folder / "empty"
        place.mkdir(exist_ok=True)
        done = subprocess.run(
            [str(self.python), "-I", "-X", "utf8", "-W", "error", "-c", program, *arguments],
            cwd=place,
            env=self._environ,
            capture_output=True,
            encoding="utf-8",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{done.stderr}\n{done.stdout}")
        return done.stdout

    def ask(self, program: str, *arguments: str) -> Any:
        """Run a program that prints JSON, and return what it says."""
        return json.loads(self.run(program, *arguments))

    def distributions(self) -> dict[str, str]:
        """Return the version of every installed distribution, by its normalized name."""
        listed = self.ask(
            "import json; from importlib.metadata import distributions;"
            "print(json.dumps([[found.name, found.version] for found in distributions()]))"
        )
        return {normalized(name): version for name, version in listed}


def requirement_of(package: Package, extras: Iterable[str] = ()) -> str:
    """Return the requirement for exactly this version of a package.

    >>> from workspace import Package
    >>> requirement_of(Package(ROOT / "packages" / "armillary"), ["all"])
    'armillary[all]==1.0.0'
    """
    chosen = ",".join(extras)
    version = package.project["version"]
    return f"{distribution_name(package.name)}{f'[{chosen}]' if chosen else ''}=={version}"
