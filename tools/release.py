"""What a tag releases, and whether the wheels work without the sources.

Usage: `python tools/release.py plan armillary-cors-1.2.0` prints the packages that the tag releases, one per line, or
fails if the tag and the metadata disagree. `python tools/release.py try DIST PACKAGE ...` installs each package's
wheel from DIST into a fresh environment and runs its tests there, on a copy, with the checkout out of reach.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from charter import META_PACKAGE, ROOT, distribution_name

# These share one version and are released together, as `armillary-core-<version>`.
CORE_TRAIN = (
    "asgi-types",
    "exchange",
    "datastructures",
    "serialization",
    "concurrency",
    "background",
    "http",
    "websockets",
    "routing",
    "errors",
    "applications",
    "starlette",
)
# On no index: it is installed from its folder.
TESTKIT = str(ROOT / "tools" / "testkit")
PYTEST_SETTINGS = """\
[pytest]
addopts = --import-mode=importlib --strict-config --strict-markers -p no:cacheprovider -p pytester -p testkit.plugin
filterwarnings = error
xfail_strict = true
"""


def metadata_of(package: str, root: Path = ROOT) -> dict[str, Any]:
    """Return a package's pyproject.toml."""
    return tomllib.loads((root / "packages" / package / "pyproject.toml").read_text("utf-8"))


def packages_of(tag: str, root: Path = ROOT) -> list[str]:
    """Return the packages that a tag releases.

    Raises:
        ValueError: the tag names no package, or not the version that is in its metadata and its changelog.
    """
    found = re.fullmatch(r"armillary(?:-([a-z0-9-]+?))?-(\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?)", tag)
    if found is None:
        raise ValueError(f"{tag!r} is no release tag; they look like armillary-cors-1.2.0 and armillary-core-1.2.0")
    name, version = found[1] or META_PACKAGE, found[2]
    packages = list(CORE_TRAIN) if name == "core" else [name]
    for package in packages:
        if not (root / "packages" / package / "pyproject.toml").is_file():
            raise ValueError(f"{tag}: there is no packages/{package}")
        if name != "core" and package in CORE_TRAIN:
            raise ValueError(f"{tag}: {package} is released with the core train, tag armillary-core-{version}")
        declared = metadata_of(package, root)["project"]["version"]
        if declared != version:
            raise ValueError(f"{tag}: packages/{package}/pyproject.toml says {declared}")
        changes = (root / "packages" / package / "CHANGELOG.md").read_text("utf-8")
        if not re.search(rf"^## {re.escape(version)}$", changes, re.MULTILINE):
            raise ValueError(f'{tag}: packages/{package}/CHANGELOG.md has no section "## {version}"')
    return packages


def requirements_of_tests(metadata: dict[str, Any]) -> list[str]:
    """Return what a package declares for its tests, as arguments of `uv pip install`.

    >>> groups = {"test": ["armillary-testkit", "redis>=5.2,<9"]}
    >>> requirements_of_tests({"dependency-groups": groups}) == [TESTKIT, "redis>=5.2,<9"]
    True
    """
    declared = metadata.get("dependency-groups", {}).get("test", [])
    return [TESTKIT if requirement == "armillary-testkit" else requirement for requirement in declared]


def try_wheel(package: str, dist: Path, uv: str) -> None:
    """Install a package from its wheel with every extra, and run its tests without the sources.

    Raises:
        subprocess.CalledProcessError: it cannot be installed, or a test fails.
    """
    metadata = metadata_of(package)
    extras = ",".join(metadata["project"].get("optional-dependencies", {}))
    requirement = f"{distribution_name(package)}[{extras}]=={metadata['project']['version']}"
    with tempfile.TemporaryDirectory(prefix="armillary-wheel-") as folder:
        place = Path(folder)
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}

        def run(*command: str) -> None:
            subprocess.run(command, cwd=place, env=environment, check=True, stdin=subprocess.DEVNULL)

        python = str(place / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        run(uv, "venv", "--quiet", "--python", sys.executable, str(place / ".venv"))
        install = (uv, "pip", "install", "--quiet", "--python", python, "--find-links", str(dist.resolve()))
        run(*install, requirement, *requirements_of_tests(metadata))
        tests = ROOT / "packages" / package / "tests"
        if not tests.is_dir():
            program = f"from importlib.metadata import version; print(version({distribution_name(package)!r}))"
            run(python, "-c", program)
            return
        shutil.copytree(tests, place / "tests", ignore=shutil.ignore_patterns("__pycache__"))
        (place / "pytest.ini").write_text(PYTEST_SETTINGS, "utf-8")
        run(python, "-m", "pytest", "-q", "tests")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="What a tag releases, and whether the wheels work.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    plan = verbs.add_parser("plan", help="print the packages that a tag releases")
    plan.add_argument("tag")
    trial = verbs.add_parser("try", help="run packages' tests against their wheels")
    trial.add_argument("dist", type=Path)
    trial.add_argument("packages", nargs="+")
    trial.add_argument("--uv", default="uv", help="the uv to use")
    options = parser.parse_args()
    if options.verb == "plan":
        try:
            print("\n".join(packages_of(options.tag)))
        except ValueError as exc:
            raise SystemExit(f"release: {exc}") from None
        return
    for package in options.packages:
        print(f"== {package}", flush=True)
        try_wheel(package, options.dist, options.uv)


if __name__ == "__main__":
    main()
