"""A small workspace on disk that passes every check, for tests to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from charter import ROOT, load_charter
from check_packages import check
from graph import Graph, read_graph
from new_package import new_package
from workspace import Workspace

SETTINGS = """\
[project]
name = "workspace"

[tool.uv.sources]
armillary = { workspace = true }

[tool.mypy]
mypy_path = [
]
"""
CHARTER = """\
[asgi-types]
pure = true

[cors]
siblings = ["asgi-types"]
extra-outside = ["brotli"]

# The drop-in stands on every part that exists.
[armillary]
siblings = ["*"]
"""


class Checkout:
    """A workspace that can be changed and checked again."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def check(self, *names: str) -> list[str]:
        charter = load_charter(self.root / "tools" / "charter.toml")
        return check(Workspace(self.root, charter), list(names))

    def replace(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a", encoding="utf-8") as file:
            file.write(text)


@pytest.fixture(scope="session")
def current() -> Graph:
    """The graph of the packages as their sources are."""
    return read_graph(Workspace(ROOT, load_charter()))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    (tmp_path / "tools").mkdir()
    (tmp_path / "docs" / "packages").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    (tmp_path / "tools" / "charter.toml").write_text(CHARTER)
    for name in ("LICENSE", ".gitignore"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    for name in ("armillary", "asgi-types"):
        shutil.copytree(
            ROOT / "packages" / name, tmp_path / "packages" / name, ignore=shutil.ignore_patterns("__pycache__")
        )
        (tmp_path / "docs" / "packages" / f"{name}.md").write_text(f"# {'armillary-' * (name != 'armillary')}{name}\n")
    meta = tmp_path / "packages" / "armillary" / "pyproject.toml"
    before, _, after = meta.read_text().partition("dependencies = [\n")
    _, _, after = after.partition("]\n")
    urls, _, after = after.partition("[project.optional-dependencies]\n")
    _, _, end = after.partition("[tool.hatch.build]")
    meta.write_text(
        before
        + 'dependencies = ["armillary-asgi-types>=1.0,<2"]\n'
        + urls
        + '[project.optional-dependencies]\nall = ["armillary[standard]"]\nstandard = []\n\n'
        + "[tool.hatch.build]"
        + end
    )
    # The front door names parts that are not in this small workspace.
    web = meta.parent / "src" / "armillary" / "web"
    (web / "_names.py").unlink()
    (web / "__init__.py").write_text('"""The front door."""\n\n__all__: list[str] = []\n')
    for folder in ("tests", "typing_tests"):
        shutil.rmtree(meta.parent / folder)
    made = Checkout(tmp_path)
    # lint is not in this small workspace
    made.replace("packages/asgi-types/README.md", "/tree/main/packages/lint", "/tree/main/packages/asgi-types")
    made.replace("pyproject.toml", "mypy_path = [\n", 'mypy_path = [\n    "packages/asgi-types/src",\n')
    made.replace(
        "pyproject.toml", "[tool.uv.sources]\n", "[tool.uv.sources]\narmillary-asgi-types = { workspace = true }\n"
    )
    new_package("cors", tmp_path)
    return made
