"""Check every package against the charter: what it imports, what it declares, and the files it must have.

Usage: `python tools/check_packages.py [PACKAGE ...]`. Prints one line per finding and exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from charter import (
    BROUGHT_BY,
    META_PACKAGE,
    REPOSITORY,
    ROOT,
    Row,
    distribution_name,
    distribution_of,
    load_charter,
    module_name,
    normalized,
)
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from source_imports import Import, eager_modules, modules_below, read_imports

README_SECTIONS = ("Install", "Example", "What it does not do", "Dependencies", "Options", "Standards", "Links")
EXAMPLE_LINES = 20
# Modules whose stubs every type checker carries.
KNOWN_TO_TYPE_CHECKERS = ("_typeshed", "typing_extensions")


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

    def text(self, name: str) -> str:
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


def check(workspace: Workspace, names: list[str] | None = None) -> list[str]:
    """Return every finding, each a sentence that names the package.

    Args:
        workspace: what to check.
        names: the packages to check; all if None.
    """
    findings = []
    for name in names or list(workspace.packages):
        package = workspace.packages.get(name)
        if package is None:
            findings.append(f"{name}: there is no packages/{name}/pyproject.toml")
            continue
        findings += [f"{name}: {finding}" for finding in _check_package(workspace, package)]
    if not names:
        findings += [f"{META_PACKAGE}: {finding}" for finding in _check_meta_reaches_all(workspace)]
    return findings


def _check_package(workspace: Workspace, package: Package) -> Iterator[str]:
    row = workspace.charter.get(package.name)
    if row is None:
        yield "has no row in tools/charter.toml"
        return
    yield from _check_identity(package)
    yield from _check_index_page(package)
    yield from _check_files(workspace, package)
    yield from _check_readme(package)
    yield from _check_readme_links(workspace, package)
    yield from _check_root_settings(workspace, package)
    yield from _check_siblings_declared(workspace, package, row)
    yield from _check_outside_declared(workspace, package, row)
    if package.is_meta:
        if (package.folder / "src").exists():
            yield "the meta-package holds no module, but it has a src folder"
    else:
        yield from _check_imports(workspace, package)
        yield from _check_declared_is_imported(workspace, package)
    yield from _check_wheel(package)


def _check_identity(package: Package) -> Iterator[str]:
    expected = distribution_name(package.name)
    if package.project.get("name") != expected:
        yield f"pyproject.toml names the project {package.project.get('name')!r}, it must be {expected!r}"
    if package.project.get("requires-python") != ">=3.11":
        yield 'pyproject.toml must say requires-python = ">=3.11"'
    if not package.project.get("description", "").endswith("."):
        yield "pyproject.toml needs a description that is one sentence with its full stop"


def _check_index_page(package: Package) -> Iterator[str]:
    """Check what the index shows beside the README."""
    urls = package.project.get("urls", {})
    for label, path in (
        ("Homepage", ""),
        ("Documentation", f"/blob/main/docs/packages/{package.name}.md"),
        ("Source", f"/tree/main/packages/{package.name}"),
        ("Changelog", f"/blob/main/packages/{package.name}/CHANGELOG.md"),
        ("Issues", "/issues"),
    ):
        if urls.get(label) != REPOSITORY + path:
            yield f'pyproject.toml must say {label} = "{REPOSITORY + path}" in [project.urls]'
    if not package.project.get("keywords"):
        yield "pyproject.toml needs keywords that people search for"


def _check_files(workspace: Workspace, package: Package) -> Iterator[str]:
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
    if package.is_meta:
        return
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
    if "test" not in package.metadata.get("dependency-groups", {}):
        yield 'pyproject.toml has no dependency group "test"'


def _check_readme(package: Package) -> Iterator[str]:
    readme = package.text("README.md")
    lines = readme.splitlines()
    if not lines or lines[0] != f"# {distribution_name(package.name)}":
        yield f'README.md must start with "# {distribution_name(package.name)}"'
    opening = readme.partition("\n")[2].partition("\n## ")[0].strip()
    if not opening or "\n\n" in opening or not opening.endswith("."):
        yield "README.md must say in one sentence, below its title, what the package is"
    headings = re.findall(r"^## (.+)$", readme, re.MULTILINE)
    places = [_place(headings, section) for section in README_SECTIONS]
    missing = [section for section, place in zip(README_SECTIONS, places, strict=True) if place is None]
    if missing:
        yield f"README.md lacks the sections: {', '.join(missing)}"
    found = [place for place in places if place is not None]
    if found != sorted(found):
        yield f"README.md must have its sections in this order: {', '.join(README_SECTIONS)}"
    example = re.search(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    if example is None:
        yield "README.md has no ```python example"
    elif len(example[1].splitlines()) > EXAMPLE_LINES:
        yield f"the first example of README.md has {len(example[1].splitlines())} lines, at most {EXAMPLE_LINES}"


def _check_readme_links(workspace: Workspace, package: Package) -> Iterator[str]:
    """A README is shown on the index too, where a relative link leads nowhere."""
    text = re.sub(r"^```.*?^```$", "", package.text("README.md"), flags=re.MULTILINE | re.DOTALL)
    for target in [*re.findall(r"\]\(([^)\s]+)", text), *re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)]:
        if not target.startswith(("https://", "#")):
            yield f"README.md links to {target}; write the whole address, beginning with https://"
        for kind in ("blob", "tree"):
            start = f"{REPOSITORY}/{kind}/main/"
            if target.startswith(start):
                path = workspace.root / target.removeprefix(start).partition("#")[0]
                if not (path.is_file() if kind == "blob" else path.is_dir()):
                    yield f"README.md links to {target}, and there is no such {'file' if kind == 'blob' else 'folder'}"
    if f"{REPOSITORY}/blob/main/docs/packages/{package.name}.md" not in text:
        yield "README.md must link to its page of the documentation by its whole address"


def _place(headings: list[str], section: str) -> int | None:
    for place, heading in enumerate(headings):
        if heading.lower().startswith(section.lower()):
            return place
    return None


def _check_root_settings(workspace: Workspace, package: Package) -> Iterator[str]:
    tools = workspace.settings.get("tool", {})
    if distribution_name(package.name) not in tools.get("uv", {}).get("sources", {}):
        yield f"the root pyproject.toml lacks {distribution_name(package.name)} in [tool.uv.sources]"
    if not package.is_meta and f"packages/{package.name}/src" not in tools.get("mypy", {}).get("mypy_path", []):
        yield f"the root pyproject.toml lacks packages/{package.name}/src in mypy_path"


def _check_siblings_declared(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    for extra, requirement in _requirements(package):
        sibling = workspace.folders.get(normalized(requirement.name))
        if sibling is None:
            if normalized(requirement.name).startswith("armillary-"):
                yield f"declares {requirement.name}, which is not in packages/"
            continue
        if sibling == package.name:
            continue
        allowed = row.siblings | row.extra_siblings if extra else row.siblings
        if sibling not in allowed:
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, which the charter does not allow"
        version = workspace.packages[sibling].project.get("version", "0")
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"declares {requirement}, which excludes this workspace's {version}"
        if not any(part.operator in ("<", "<=", "~=") for part in requirement.specifier):
            yield f"declares {requirement.name} without an upper bound, write >=1.0,<2"


def _check_outside_declared(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    for extra, requirement in _requirements(package):
        name = normalized(requirement.name)
        if name in workspace.folders or name.startswith("armillary"):
            continue
        allowed = row.outside | row.extra_outside if extra else row.outside
        if name not in allowed:
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, which the charter does not allow"
        if not requirement.specifier:
            yield f"declares {requirement.name} without a version range"


def _requirements(package: Package) -> Iterator[tuple[str, Requirement]]:
    """Yield each declared requirement with the extra it belongs to, "" for none."""
    for requirement in package.required:
        yield "", requirement
    for extra, requirements in package.optional.items():
        for requirement in requirements:
            yield extra, requirement


def _check_imports(workspace: Workspace, package: Package) -> Iterator[str]:
    own = module_name(package.name)
    required = {normalized(requirement.name) for requirement in package.required}
    optional = {normalized(requirement.name) for _, requirement in _requirements(package)} - required
    loaded = eager_modules(package.imports, own)
    for module, imports in package.imports.items():
        for found in imports:
            provider = _provider(found, own)
            if provider is None or provider in required or BROUGHT_BY.get(provider) in required:
                continue
            place = f"{found.path.relative_to(package.folder)}:{found.line}"
            if provider == META_PACKAGE:
                yield f"{place} imports the bare namespace armillary"
            elif provider not in optional and BROUGHT_BY.get(provider) not in optional:
                yield f"{place} imports {found.module}, but {provider} is not declared"
            elif found.eager and module in loaded:
                yield f"{place} imports {found.module} whenever {own} is imported, but {provider} is only an extra"


def _provider(found: Import, own: str) -> str | None:
    """Return the distribution that an import needs, None for the standard library and the package itself."""
    parts = found.module.split(".")
    if parts[0] in sys.stdlib_module_names or (found.typing_only and parts[0] in KNOWN_TO_TYPE_CHECKERS):
        return None
    if parts[0] != "armillary":
        return distribution_of(found.module)
    if parts[:2] == own.split("."):
        return None
    if len(parts) == 1:
        siblings = [name for name in found.names if f"armillary.{name}" != own]
        return distribution_name(siblings[0].replace("_", "-")) if siblings else META_PACKAGE
    return distribution_name(parts[1].replace("_", "-"))


def _check_declared_is_imported(workspace: Workspace, package: Package) -> Iterator[str]:
    own = module_name(package.name)
    used = {_provider(found, own) for imports in package.imports.values() for found in imports}
    used |= {BROUGHT_BY.get(name or "") for name in used}
    for extra, requirement in _requirements(package):
        name = normalized(requirement.name)
        if name not in used and name != normalized(package.project.get("name", "")):
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, but nothing in src imports it"


def _check_wheel(package: Package) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            wheel = next(iter(WheelBuilder(str(package.folder)).build(directory=folder, versions=["standard"])))
        except Exception as exc:
            yield f"no wheel can be built: {exc}"
            return
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
    if not any(re.fullmatch(r"[^/]+\.dist-info/licenses/LICENSE", name) for name in names):
        yield "the wheel holds no LICENSE"
    home = module_name(package.name).replace(".", "/") + "/"
    code = [name for name in names if ".dist-info/" not in name]
    if package.is_meta:
        if code:
            yield f"the wheel of the meta-package holds {code[0]}"
        return
    if home + "py.typed" not in names:
        yield "the wheel holds no py.typed"
    yield from (f"the wheel holds {name}, outside of {home}" for name in code if not name.startswith(home))


def _check_meta_reaches_all(workspace: Workspace) -> Iterator[str]:
    meta = workspace.packages.get(META_PACKAGE)
    if meta is None:
        return
    reached: set[str] = set()
    waiting = [meta.name]
    while waiting:
        package = workspace.packages[waiting.pop()]
        for _, requirement in _requirements(package):
            sibling = workspace.folders.get(normalized(requirement.name))
            if sibling is not None and sibling not in reached:
                reached.add(sibling)
                waiting.append(sibling)
    for name in sorted(set(workspace.packages) - reached - {META_PACKAGE}):
        yield f"neither its dependencies nor its extras bring {distribution_name(name)}"


def main() -> None:
    """Check what the command line names, or everything."""
    parser = argparse.ArgumentParser(description="Check every package against the charter.")
    parser.add_argument("packages", nargs="*", help="folders of packages/; all if none is named")
    options = parser.parse_args()
    workspace = Workspace(ROOT, load_charter())
    findings = check(workspace, options.packages)
    for finding in findings:
        print(finding)
    if findings:
        raise SystemExit(f"{len(findings)} findings")
    print(f"in accordance with the charter: {', '.join(options.packages or workspace.packages)}")


if __name__ == "__main__":
    main()
