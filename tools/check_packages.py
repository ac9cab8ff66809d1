"""Check every package against the charter: what it imports, what it declares, and the files it must have.

Usage: `python tools/check_packages.py [PACKAGE ...]`. Prints one line per finding and exits with 1 if there is any.
The checks are in `tools/checks/`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from charter import META_PACKAGE, ROOT, load_charter
from checks.files import check_files
from checks.imports import check_imports
from checks.metadata import check_meta_package, check_metadata
from checks.readme import check_readme
from checks.wheel import check_wheel
from workspace import Package, Workspace


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
        findings += [f"{META_PACKAGE}: {finding}" for finding in check_meta_package(workspace)]
    return findings


def _check_package(workspace: Workspace, package: Package) -> Iterator[str]:
    row = workspace.charter.get(package.name)
    if row is None:
        yield "has no row in tools/charter.toml"
        return
    yield from check_metadata(workspace, package, row)
    yield from check_files(workspace, package)
    yield from check_readme(workspace, package)
    if not package.is_meta:
        yield from check_imports(workspace, package, row)
    yield from check_wheel(package)


def main() -> None:
    """Check what the command line names, or everything."""
    parser = argparse.ArgumentParser(description="Check every package against the charter.")
    parser.add_argument("packages", nargs="*", help="folders of packages/; all if none is named")
    options = parser.parse_args()
    try:
        workspace = Workspace(ROOT, load_charter())
    except ValueError as exc:
        raise SystemExit(f"check-packages: {exc}") from None
    findings = check(workspace, options.packages)
    for finding in findings:
        print(finding)
    if findings:
        raise SystemExit(f"{len(findings)} findings")
    print(f"in accordance with the charter: {', '.join(options.packages or workspace.packages)}")


if __name__ == "__main__":
    main()
