"""Check that every public name has a type that all checkers agree on, by pyright's `--verifytypes`.

Usage: `python tools/check_type_completeness.py [PACKAGE ...]`. Prints one line per finding, and exits with 1 if there
is any. pyright looks at one package with `py.typed`, and `armillary` is a namespace without a folder of its own: so the
sources of all packages are copied into one folder that is both.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent

EXCEPTED = {
    "starlette": "class attributes are those of Starlette, which leaves their types to inference",
}
"""The packages whose findings are known, each with the reason."""


class Finding(NamedTuple):
    """A public name whose type is missing or ambiguous."""

    package: str
    name: str
    message: str


def copy_sources(folder: Path) -> None:
    """Copy the sources of every package into a folder `armillary`, a package with types."""
    target = folder / "armillary"
    target.mkdir()
    for source in sorted(ROOT.glob("packages/*/src/armillary/*/")):
        shutil.copytree(source, target / source.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "__init__.py").write_text("", "utf-8")
    (target / "py.typed").write_text("", "utf-8")


def verify() -> dict[str, Any]:
    """Return pyright's report about all packages.

    Raises:
        RuntimeError: pyright reports nothing.
    """
    with tempfile.TemporaryDirectory(prefix="armillary-types-") as name:
        copy_sources(Path(name))
        command = [sys.executable, "-m", "pyright", "--verifytypes", "armillary", "--ignoreexternal", "--outputjson"]
        # With --verifytypes pyright reads the libraries of the first Python of PATH, whatever --pythonpath says.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        environ = {**os.environ, "PYTHONPATH": name, "PATH": path}
        done = subprocess.run(command, cwd=name, env=environ, capture_output=True, encoding="utf-8", check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    except (ValueError, KeyError) as exc:
        raise RuntimeError(f"pyright reports nothing: {done.stdout}{done.stderr}") from exc
    return report


def findings_of(report: dict[str, Any]) -> list[Finding]:
    """Return what is wrong, by package; pyright's own text says where and why."""
    found = []
    for symbol in report["symbols"]:
        errors = [entry["message"] for entry in symbol["diagnostics"] if entry["severity"] == "error"]
        package = symbol["name"].split(".")[1] if "." in symbol["name"] else symbol["name"]
        found += [Finding(package, symbol["name"], " ".join(message.split())) for message in errors]
    return sorted(set(found))


def main(packages: list[str]) -> int:
    """Print the findings of the packages named, or of all that are not excepted."""
    found = findings_of(verify())
    shown = [each for each in found if (each.package in packages if packages else each.package not in EXCEPTED)]
    for each in shown:
        print(f"{each.name}: {each.message}")
    print(f"{len(shown)} findings" + ("" if packages else f", beside those of {', '.join(EXCEPTED)}"))
    return 1 if shown else 0


if __name__ == "__main__":
    raise SystemExit(main([name.replace("-", "_") for name in sys.argv[1:]]))
