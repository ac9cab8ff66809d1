"""Checks of a package's `pyproject.toml`, and of what lists the package: the root's settings, the meta-package."""

from __future__ import annotations

from collections.abc import Iterator

from charter import META_PACKAGE, REPOSITORY, Row, distribution_name, normalized
from workspace import Package, Workspace


def check_metadata(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    """Check what a package declares, and that the root's settings know it."""
    yield from _identity(package)
    yield from _index_page(package)
    yield from _root_settings(workspace, package)
    yield from _siblings(workspace, package, row)
    yield from _outside(workspace, package, row)


def _identity(package: Package) -> Iterator[str]:
    expected = distribution_name(package.name)
    if package.project.get("name") != expected:
        yield f"pyproject.toml names the project {package.project.get('name')!r}, it must be {expected!r}"
    if package.project.get("requires-python") != ">=3.11":
        yield 'pyproject.toml must say requires-python = ">=3.11"'
    if not package.project.get("description", "").endswith("."):
        yield "pyproject.toml needs a description that is one sentence with its full stop"


def _index_page(package: Package) -> Iterator[str]:
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


def _root_settings(workspace: Workspace, package: Package) -> Iterator[str]:
    tools = workspace.settings.get("tool", {})
    if distribution_name(package.name) not in tools.get("uv", {}).get("sources", {}):
        yield f"the root pyproject.toml lacks {distribution_name(package.name)} in [tool.uv.sources]"
    if not package.is_meta and f"packages/{package.name}/src" not in tools.get("mypy", {}).get("mypy_path", []):
        yield f"the root pyproject.toml lacks packages/{package.name}/src in mypy_path"


def _siblings(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    for extra, requirement in package.requirements():
        sibling = workspace.folders.get(normalized(requirement.name))
        if sibling is None:
            if normalized(requirement.name).startswith("armillary-"):
                yield f"declares {requirement.name}, which is not in packages/"
            continue
        if sibling == package.name:
            continue
        allowed = row.siblings
        if extra:
            # What stands on this package may be brought by an extra of it, and is not imported by it.
            above = {name for name, other in workspace.charter.items() if package.name in other.siblings}
            allowed = allowed | row.extra_siblings | above
        if sibling not in allowed:
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, which the charter does not allow"
        version = workspace.packages[sibling].project.get("version", "0")
        if not requirement.specifier.contains(version, prereleases=True):
            yield f"declares {requirement}, which excludes this workspace's {version}"
        if not any(part.operator in ("<", "<=", "~=") for part in requirement.specifier):
            yield f"declares {requirement.name} without an upper bound, write >=1.0,<2"


def _outside(workspace: Workspace, package: Package, row: Row) -> Iterator[str]:
    for extra, requirement in package.requirements():
        name = normalized(requirement.name)
        if name in workspace.folders or name.startswith("armillary"):
            continue
        allowed = row.outside | row.extra_outside if extra else row.outside
        if name not in allowed:
            subject = f"the extra {extra!r} declares" if extra else "declares"
            yield f"{subject} {requirement.name}, which the charter does not allow"
        if not requirement.specifier:
            yield f"declares {requirement.name} without a version range"


def check_meta_package(workspace: Workspace) -> Iterator[str]:
    """Check that the meta-package brings every package, by its dependencies or its extras."""
    meta = workspace.packages.get(META_PACKAGE)
    if meta is None:
        return
    reached: set[str] = set()
    waiting = [meta.name]
    while waiting:
        package = workspace.packages[waiting.pop()]
        for _, requirement in package.requirements():
            sibling = workspace.folders.get(normalized(requirement.name))
            if sibling is not None and sibling not in reached:
                reached.add(sibling)
                waiting.append(sibling)
    for name in sorted(set(workspace.packages) - reached - {META_PACKAGE}):
        yield f"neither its dependencies nor its extras bring {distribution_name(name)}"
