"""Checks of the files that a package must have, and where they must be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from charter import distribution_name, module_name
from workspace import Package, Workspace


def check_files(workspace: Workspace, package: Package) -> Iterator[str]:
    """Check that the files of a package are there, and in their places."""
    yield from _texts(workspace, package)
    if package.is_meta:
        if [path.name for path in package.folder.glob("src/armillary/*")] != ["web"]:
            yield "the meta-package holds one module, src/armillary/web"
    else:
        yield from _sources(package)


def _texts(workspace: Workspace, package: Package) -> Iterator[str]:
    if package.text("LICENSE") != (workspace.root / "LICENSE").read_text("utf-8"):
        yield "LICENSE must be a copy of the root's LICENSE"
    version = package.project.get("version", "")
    changes = package.text("CHANGELOG.md")
    if not changes.startswith("# Changelog\n"):
        yield 'CHANGELOG.md must start with "# Changelog"'
    if not re.search(rf"^## {re.escape(version)}\b", changes, re.MULTILINE):
        yield f'CHANGELOG.md has no section "## {version}"'
    page = workspace.root / "docs" / "packages" / f"{package.name}.md"
    if not page.is_file():
        yield f"docs/packages/{package.name}.md is missing"
    elif not page.read_text("utf-8").startswith(f"# {distribution_name(package.name)}\n"):
        yield f'docs/packages/{package.name}.md must start with "# {distribution_name(package.name)}"'


def _sources(package: Package) -> Iterator[str]:
    source = package.folder / "src"
    home = source.joinpath(*module_name(package.name).split("."))
    if not (home / "__init__.py").is_file():
        yield f"{home.relative_to(package.folder)}/__init__.py is missing"
    if not (home / "py.typed").is_file():
        yield f"{home.relative_to(package.folder)}/py.typed is missing"
    if (source / "armillary" / "__init__.py").exists():
        yield "src/armillary/__init__.py must not exist: armillary is a namespace that no package owns"
    for stranger in sorted(source.glob("armillary/*")):
        if stranger != home and stranger.name not in ("__pycache__", "__init__.py"):
            yield f"{stranger.relative_to(package.folder)} belongs to another package"
    if not list((package.folder / "tests").rglob("test_*.py")):
        yield "tests/ holds no test"
    if "armillary-testkit" not in package.metadata.get("dependency-groups", {}).get("test", []):
        yield 'pyproject.toml needs a dependency group "test" that holds "armillary-testkit"'
