"""The packages of a checkout: their metadata and their imports."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from charter import META_PACKAGE, Row, distribution_name
from packaging.requirements import Requirement
from source_imports import Import, modules_below, read_imports


@dataclass(frozen=True)
class Package:
    """One folder of `packages/`."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def is_meta(self) -> bool:
        return self.name == META_PACKAGE

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "pyproject.toml").read_text("utf-8"))

    @property
    def project(self) -> dict[str, Any]:
        return self.metadata.get("project", {})

    @cached_property
    def required(self) -> list[Requirement]:
        return [Requirement(line) for line in self.project.get("dependencies", [])]

    @cached_property
    def optional(self) -> dict[str, list[Requirement]]:
        extras = self.project.get("optional-dependencies", {})
        return {extra: [Requirement(line) for line in lines] for extra, lines in extras.items()}

    @cached_property
    def imports(self) -> dict[str, list[Import]]:
        """What each module imports, by the module's dotted name."""
        found: dict[str, list[Import]] = {}
        for name, package, path in modules_below(self.folder / "src"):
            found[name] = read_imports(path, package)
        return found

    def requirements(self) -> Iterator[tuple[str, Requirement]]:
        """Yield each declared requirement with the extra it belongs to, "" for none."""
        for requirement in self.required:
            yield "", requirement
        for extra, requirements in self.optional.items():
            for requirement in requirements:
                yield extra, requirement

    def place(self, found: Import) -> str:
        """Return the file and line of an import."""
        return f"{found.path.relative_to(self.folder)}:{found.line}"

    def text(self, name: str) -> str:
        """Return the content of a file of the package, "" if there is none."""
        path = self.folder / name
        return path.read_text("utf-8") if path.is_file() else ""


@dataclass(frozen=True)
class Workspace:
    """The checkout: all packages, the charter's table, the root's settings."""

    root: Path
    charter: dict[str, Row]

    @cached_property
    def packages(self) -> dict[str, Package]:
        return {path.parent.name: Package(path.parent) for path in sorted(self.root.glob("packages/*/pyproject.toml"))}

    @cached_property
    def settings(self) -> dict[str, Any]:
        return tomllib.loads((self.root / "pyproject.toml").read_text("utf-8"))

    @cached_property
    def folders(self) -> dict[str, str]:
        """The folder of each sibling, by its distribution name."""
        return {distribution_name(name): name for name in self.packages}
