"""The import contracts: write `.importlinter` from the charter's table, and check the sources against it.

Usage: `python tools/layers.py` brings `.importlinter` up to date and runs import-linter on it. With `--check`, or
if CI is set, an `.importlinter` that is out of date is an error.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from charter import DISTRIBUTION_OF_MODULE, EVENT_LOOPS, META_PACKAGE, ROOT, Row, load_charter, module_name

CONTRACTS = ROOT / ".importlinter"

OPENING = """\
# Written by tools/layers.py from tools/charter.toml; change the table, then run: make layers

[importlinter]
root_package = armillary
include_external_packages = True
"""


def existing_packages(root: Path = ROOT) -> list[str]:
    """Return the packages that hold code."""
    folders = {path.parent for path in root.glob("packages/*/pyproject.toml")} - {root / "packages" / META_PACKAGE}
    homes = {folder.name: folder.joinpath("src", *module_name(folder.name).split(".")) for folder in folders}
    return sorted(name for name, home in homes.items() if any(home.rglob("*.py")))


def contracts(packages: Iterable[str], charter: dict[str, Row]) -> str:
    """Return the text of `.importlinter` for these packages.

    Raises:
        ValueError: a package has no row in the table, or the rows form a circle.
    """
    rows = {name: charter[name] for name in packages if name in charter}
    missing = [name for name in packages if name not in charter]
    if missing:
        raise ValueError(f"no row in tools/charter.toml for: {', '.join(missing)}")
    parts = [OPENING, _layers(rows)]
    parts += [_siblings(row, rows) for row in rows.values()]
    parts += [_private(row, rows) for row in rows.values()]
    parts += [_outside(row, charter) for row in rows.values()]
    return "\n".join(part for part in parts if part)


def layered(rows: dict[str, Row]) -> list[list[str]]:
    """Return the packages in layers, highest first; each imports only from the layers below its own."""
    heights: dict[str, int] = {}

    def height(name: str, above: tuple[str, ...] = ()) -> int:
        if name in above:
            raise ValueError(f"tools/charter.toml has a circle: {' -> '.join((*above, name))}")
        if name not in heights:
            below = rows[name].siblings | rows[name].extra_siblings
            heights[name] = 1 + max((height(lower, (*above, name)) for lower in below if lower in rows), default=-1)
        return heights[name]

    for name in rows:
        height(name)
    return [
        sorted(name for name in rows if heights[name] == level) for level in sorted(set(heights.values()), reverse=True)
    ]


def _lines(names: Iterable[str]) -> str:
    return "".join(f"\n    {name}" for name in names)


def _modules(names: Iterable[str]) -> str:
    return _lines(module_name(name) for name in sorted(names))


def _layers(rows: dict[str, Row]) -> str:
    layers = _lines(
        " | ".join(module_name(name).removeprefix("armillary.") for name in layer) for layer in layered(rows)
    )
    return f"""\
[importlinter:contract:layers]
name = Each package imports only from the layers below it
type = layers
containers = armillary
exhaustive = True
layers ={layers}
"""


def _siblings(row: Row, rows: dict[str, Row]) -> str:
    forbidden = set(rows) - row.siblings - row.extra_siblings - {row.name}
    if not forbidden:
        return ""
    allowed = ", ".join(sorted((row.siblings | row.extra_siblings) & set(rows))) or "no sibling"
    return f"""\
[importlinter:contract:{row.name}-siblings]
name = {row.name} imports {allowed}
type = forbidden
allow_indirect_imports = True
source_modules = {module_name(row.name)}
forbidden_modules ={_modules(forbidden)}
"""


def _private(row: Row, rows: dict[str, Row]) -> str:
    importers = [name for name, other in rows.items() if row.name in other.siblings | other.extra_siblings]
    if not importers:
        return ""
    return f"""\
[importlinter:contract:{row.name}-private]
name = what is below {row.name} stays private to it
type = protected
protected_modules = {module_name(row.name)}.**
allowed_importers = {module_name(row.name)}
"""


def _outside(row: Row, charter: dict[str, Row]) -> str:
    everyone = {name for other in charter.values() for name in other.outside | other.extra_outside}
    third_parties = {_module_of(name) for name in everyone - row.outside - row.extra_outside}
    if row.pure:
        third_parties |= set(EVENT_LOOPS)
    lazy = [f"{module_name(row.name)}.** -> {module_name(name)}" for name in sorted(row.extra_siblings)]
    ignored = f"\nunmatched_ignore_imports_alerting = none\nignore_imports ={_lines(lazy)}" if lazy and row.pure else ""
    text = "loads no third party and no event loop" if row.pure else "imports from outside only what the charter names"
    indirect = "" if row.pure else "\nallow_indirect_imports = True"
    return f"""\
[importlinter:contract:{row.name}-outside]
name = {row.name} {text}
type = forbidden{indirect}
source_modules = {module_name(row.name)}
forbidden_modules ={_lines(sorted(third_parties))}{ignored}
"""


def _module_of(distribution: str) -> str:
    """Return the top-level module of a distribution, as import-linter names what is outside."""
    for module, name in DISTRIBUTION_OF_MODULE.items():
        if name == distribution:
            return module.split(".")[0]
    return distribution.replace("-", "_")


def main() -> None:
    """Bring the contracts up to date and run them."""
    parser = argparse.ArgumentParser(description="Check the sources against the import contracts.")
    parser.add_argument("--check", action="store_true", help="fail if .importlinter is out of date")
    options = parser.parse_args()
    text = contracts(existing_packages(), load_charter())
    if not CONTRACTS.is_file() or CONTRACTS.read_text("utf-8") != text:
        if options.check or os.environ.get("CI"):
            raise SystemExit(".importlinter is out of date. Run: make layers")
        CONTRACTS.write_text(text, "utf-8")
        print("wrote .importlinter")
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    raise SystemExit(subprocess.run(command, cwd=ROOT, check=False).returncode)


if __name__ == "__main__":
    main()
