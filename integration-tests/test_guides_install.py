"""What a page tells to install is what its programs import: each block runs after the commands of its page alone."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from documents import ROOT, libraries_of, program_of
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from armillary.web._names import PARTS

COMMAND = re.compile(r"^pip install ([^#\n]*)", re.MULTILINE)
PAGES = [page for page in sorted(ROOT.glob("docs/guides/*.md")) if COMMAND.search(page.read_text("utf-8"))]
# What readers of a page have already.
PRESENT = {"starlette-and-fastapi": {"starlette"}}
# A target or a file is no requirement, and neither are programs that are called and not imported.
OPTION = re.compile(r"^-")


@cache
def closure(name: str, extra: str) -> frozenset[str]:
    """Return the distributions that one brings, itself included."""
    found = {canonicalize_name(name)}
    try:
        needed = requires(name) or ()
    except PackageNotFoundError:
        return frozenset(found)
    for line in needed:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            for inner in ("", *requirement.extras):
                found |= closure(requirement.name, inner)
    return frozenset(found)


def installed_by(text: str) -> set[str]:
    """Return the distributions that the commands of a page install."""
    found: set[str] = set()
    for words in COMMAND.findall(text):
        for word in shlex.split(words):
            if not OPTION.match(word) and not word.endswith(".txt") and word != "build":
                requirement = Requirement(word)
                for extra in ("", *requirement.extras):
                    found |= closure(requirement.name, extra)
    return found


def imported_by(program: str) -> set[str]:
    """Return the names of the distributions that a program imports from, the standard library left out."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(program)):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
            if node.module == "armillary.web":
                names += [f"armillary.{PARTS[alias.name]}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            found |= distributions_of(name)
    return found


def distributions_of(module: str) -> set[str]:
    top, _, rest = module.partition(".")
    if top == "armillary":
        part = rest.partition(".")[0]
        return {"armillary" if part == "web" else f"armillary-{part.replace('_', '-')}"}
    if top in sys.stdlib_module_names:
        return set()
    return {canonicalize_name(name) for name in packages_distributions().get(top, ())[:1]}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_install_what_its_programs_import(page: Path) -> None:
    text = page.read_text("utf-8")
    if libraries_of(text):
        return  # it runs in an environment of what it names
    assert imported_by(program_of(text)) - installed_by(text) == PRESENT.get(page.stem, set())


def test_what_is_missing_is_found() -> None:
    program = "import sqlalchemy\nfrom armillary.web import Armillary, TestClient\n"
    assert imported_by(program) - installed_by("pip install armillary") == {"sqlalchemy", "armillary-testing"}
