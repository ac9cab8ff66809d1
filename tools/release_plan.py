"""The releases that must follow a release with a security fix.

Usage: `python tools/release_plan.py datastructures [PACKAGE ...]`, or `make release-plan CHANGED=datastructures`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass

from charter import META_PACKAGE, ROOT, distribution_name, load_charter, normalized
from packaging.version import Version
from release import CORE_TRAIN
from workspace import Workspace


@dataclass(frozen=True, slots=True)
class Release:
    """One tag to push.

    Attributes:
        tag: the tag.
        packages: what it releases.
        bounds: the requirements to raise before, by package.
    """

    tag: str
    packages: tuple[str, ...]
    bounds: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to release for a fix.

    Attributes:
        first: the releases that hold the fix.
        following: those that rule out the versions without it, in order, the meta-package last.
        reached: the packages that need no release, since they bring the fixed ones only through those above.
    """

    first: list[Release]
    following: list[Release]
    reached: list[str]


def next_patch(version: str) -> str:
    """Return the version of a fix.

    >>> next_patch("1.2.3"), next_patch("1.2.0rc1")
    ('1.2.4', '1.2.0')
    """
    release = Version(version)
    if release.is_prerelease:
        return release.base_version
    return f"{release.major}.{release.minor}.{release.micro + 1}"


def plan(workspace: Workspace, changed: Iterable[str]) -> Plan:
    """Return what a fix in some packages takes.

    Raises:
        ValueError: there is no such package.
    """
    fixed = set(changed)
    if unknown := sorted(fixed - set(workspace.packages)):
        raise ValueError(f"there is no packages/{unknown[0]}; there are: {', '.join(workspace.packages)}")
    dependents = {
        name: siblings & fixed for name in workspace.packages if (siblings := direct_siblings(workspace, name)) & fixed
    }
    first_units = sorted({unit_of(name) for name in fixed}, key=order)
    following_units = sorted({unit_of(name) for name in dependents} - set(first_units), key=order)
    if META_PACKAGE not in (*first_units, *following_units):
        following_units.append(META_PACKAGE)
    first = [release_of(workspace, unit, dependents) for unit in first_units]
    following = [release_of(workspace, unit, dependents) for unit in following_units]
    released = {name for release in (*first, *following) for name in release.packages}
    reached = sorted(name for name in set(workspace.packages) - released if brings(workspace, name) & fixed)
    return Plan(first, following, reached)


def unit_of(package: str) -> str:
    """Return what a package is released with: "core" for the train, else the package."""
    return "core" if package in CORE_TRAIN else package


def order(unit: str) -> tuple[bool, bool, str]:
    """Sort the train before the other packages, and the meta-package after all."""
    return unit == META_PACKAGE, unit != "core", unit


def release_of(workspace: Workspace, unit: str, dependents: dict[str, set[str]]) -> Release:
    """Return the release of a unit, with the bounds that its packages raise."""
    packages = tuple(name for name in CORE_TRAIN if name in workspace.packages) if unit == "core" else (unit,)
    version = next_patch(max((version_of(workspace, name) for name in packages), key=Version))
    bounds = {
        name: tuple(
            f"{distribution_name(fixed)}>={next_patch(version_of(workspace, fixed))}"
            for fixed in sorted(dependents[name])
        )
        for name in packages
        if name in dependents
    }
    tag = f"armillary-{version}" if unit == META_PACKAGE else f"armillary-{unit}-{version}"
    return Release(tag, packages, bounds)


def version_of(workspace: Workspace, name: str) -> str:
    """Return a package's version."""
    return str(workspace.packages[name].project["version"])


def direct_siblings(workspace: Workspace, name: str) -> set[str]:
    """Return the siblings that a package's metadata names, extras included."""
    package = workspace.packages[name]
    requirements = [*package.required, *(found for extra in package.optional.values() for found in extra)]
    found = {workspace.folders.get(normalized(requirement.name)) for requirement in requirements}
    return {sibling for sibling in found if sibling is not None and sibling != name}


def brings(workspace: Workspace, name: str) -> set[str]:
    """Return every sibling that a package may bring, through others too."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for sibling in direct_siblings(workspace, waiting.pop()) - found:
            found.add(sibling)
            waiting.append(sibling)
    return found


def written(made: Plan, changed: Iterable[str]) -> str:
    """Return the plan as text."""
    lines = [f"A fix in {', '.join(sorted(changed))}.", "", "1. Release the fix:"]
    lines += [line for release in made.first for line in lines_of(release)]
    lines += ["", "2. Raise these lower bounds, so that no version without the fix can be chosen, and release:"]
    lines += [line for release in made.following for line in lines_of(release)]
    lines += [
        "",
        "3. No release needed; they bring what is fixed through packages above, and a fresh install of them has it:",
    ]
    lines.append(f"   {', '.join(made.reached) or 'none'}")
    return "\n".join(lines)


def lines_of(release: Release) -> list[str]:
    lines = [f"   {release.tag}" + (f"  ({', '.join(release.packages)})" if len(release.packages) > 1 else "")]
    for name, bounds in release.bounds.items():
        lines += [f"      packages/{name}/pyproject.toml: {bound}" for bound in bounds]
    return lines


def main() -> None:
    """Print the plan for what the command line names."""
    parser = argparse.ArgumentParser(description="The releases that must follow a fix.")
    parser.add_argument("changed", nargs="+", help="folders of packages/ that the fix is in")
    options = parser.parse_args()
    try:
        print(written(plan(Workspace(ROOT, load_charter()), options.changed), options.changed))
    except ValueError as exc:
        raise SystemExit(f"release-plan: {exc}") from None


if __name__ == "__main__":
    main()
