"""The cost of installing each package alone, as the table of `docs/footprint.md`.

Usage: `python tools/footprint.py` measures every wheel in its own environment and rewrites the page. The nightly
suite measures again and fails if a package has grown beyond its row.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from charter import ROOT, load_charter, module_name, normalized
from wheelhouse import Environment, build_wheels, requirement_of
from workspace import Workspace

PAGE = ROOT / "docs" / "footprint.md"
COLUMNS = ("package", "import, ms", "own modules", "standard modules", "foreign modules", "size", "with all", "brings")
MODULES_MAY_GROW = 3  # or by a tenth, whichever is more
KIBIBYTES_MAY_GROW = 8  # likewise
FOREIGN_SHARE = 0.25  # other projects' releases change what they weigh

HEAD = """\
# Footprint

The cost of installing a package alone: measured from its wheel, in an environment that holds the package and what
it declares, on CPython {python}. `make footprint` measures again and rewrites this page.

- **import, ms**: the shortest of three imports in a fresh interpreter. It depends on the machine, and is not
  checked.
- **own, standard and foreign modules**: how many the import loads from Armillary, from the standard library (beyond
  what an interpreter starts with) and from other projects.
- **size**, **with all**: installed size in KiB without bytecode, of the package itself and of the whole environment.
- **brings**: the other projects' distributions that are installed with it.

The nightly suite fails if a package has grown by more than a tenth, or brings a distribution that is not listed.

"""

PROBE = """
import sys
before = set(sys.modules)
from time import perf_counter
started = perf_counter()
for name in sys.argv[1:]:
    __import__(name)
seconds = perf_counter() - started
loaded = sorted(set(sys.modules) - before - {"time"})
import json
from importlib.metadata import distributions
sizes = {}
for found in distributions():
    files = [file.locate() for file in found.files or () if not str(file).endswith(".pyc")]
    sizes[found.name] = sum(path.stat().st_size for path in files if path.is_file())
print(json.dumps({"seconds": seconds, "modules": loaded, "sizes": sizes}))
"""


@dataclass(frozen=True, slots=True)
class Footprint:
    """One row of the table."""

    package: str
    milliseconds: int
    own: int
    standard: int
    foreign: int
    kibibytes: int
    kibibytes_with_all: int
    brings: tuple[str, ...]

    def line(self) -> str:
        figures = (self.milliseconds, self.own, self.standard, self.foreign, self.kibibytes, self.kibibytes_with_all)
        return f"| {self.package} | {' | '.join(map(str, figures))} | {', '.join(self.brings) or '–'} |"


def kind_of(module: str) -> str:
    """Return "own", "standard" or "foreign".

    >>> kind_of("armillary.cors"), kind_of("asyncio.events"), kind_of("anyio")
    ('own', 'standard', 'foreign')
    """
    top = module.partition(".")[0]
    if top == "armillary":
        return "own"
    standard = top in sys.stdlib_module_names or top.startswith("_sysconfigdata_")  # its name has the platform's in it
    return "standard" if standard else "foreign"


def measure(environment: Environment, package: str) -> Footprint:
    """Measure the package that was installed alone into an environment."""
    probes = [environment.ask(PROBE, module_name(package)) for _ in range(3)]
    kinds = [kind_of(name) for name in probes[0]["modules"]]
    sizes = {normalized(name): size for name, size in probes[0]["sizes"].items()}
    own = sum(size for name, size in sizes.items() if name in ("armillary", f"armillary-{package}"))
    return Footprint(
        package,
        round(min(probe["seconds"] for probe in probes) * 1000),
        kinds.count("own"),
        kinds.count("standard"),
        kinds.count("foreign"),
        round(own / 1024),
        round(sum(sizes.values()) / 1024),
        tuple(sorted(name for name in sizes if not name.startswith("armillary"))),
    )


def read_page(text: str) -> tuple[str, dict[str, Footprint]]:
    """Return the Python that the page was measured on, and its rows by package."""
    python = re.search(r"on CPython (\d+\.\d+)", text)
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == len(COLUMNS) and cells[1].isdigit():
            brings = tuple(name for name in cells[7].split(", ") if name != "–")
            rows[cells[0]] = Footprint(cells[0], *map(int, cells[1:7]), brings)
    return python[1] if python else "", rows


def write_page(footprints: list[Footprint]) -> str:
    """Return the page."""
    table = [f"| {' | '.join(COLUMNS)} |", f"| --- |{' ---: |' * 6} --- |", *(found.line() for found in footprints)]
    return HEAD.format(python=f"{sys.version_info[0]}.{sys.version_info[1]}") + "\n".join(table) + "\n"


def growth(row: Footprint, now: Footprint, *, same_python: bool) -> list[str]:
    """Return a sentence for each figure that has grown beyond its tolerance.

    Args:
        row: what the page says.
        now: what was measured.
        same_python: whether both are of one Python, whose standard library is then compared too.
    """
    found = []
    for what in ("own", "foreign", *(["standard"] if same_python else [])):
        before, after = getattr(row, what), getattr(now, what)
        share = FOREIGN_SHARE if what == "foreign" else 0.1
        if after > before + max(MODULES_MAY_GROW if before else 0, round(before * share)):
            found.append(f"{now.package}: importing it loads {after} {what} modules, {before} before")
    for what, share in (("kibibytes", 0.1), ("kibibytes_with_all", FOREIGN_SHARE)):
        before, after = getattr(row, what), getattr(now, what)
        if after > before + max(KIBIBYTES_MAY_GROW, round(before * share)):
            found.append(f"{now.package}: {what.replace('_', ' ')} are {after}, {before} before")
    if strangers := sorted(set(now.brings) - set(row.brings)):
        found.append(f"{now.package}: it brings {', '.join(strangers)}")
    return found


def main() -> None:
    """Measure everything and rewrite the page."""
    workspace = Workspace(ROOT, load_charter())
    with tempfile.TemporaryDirectory(prefix="armillary-footprint-") as folder:
        place = Path(folder)
        build_wheels(workspace, place / "wheels")
        footprints = []
        for name, package in workspace.packages.items():
            environment = Environment(place / name)
            environment.install("--find-links", place / "wheels", requirement_of(package))
            try:
                footprints.append(measure(environment, name))
            except RuntimeError as exc:
                raise SystemExit(f"{name} cannot be measured: {exc}") from None
            print(footprints[-1].line(), flush=True)
    PAGE.write_text(write_page(footprints), "utf-8")


if __name__ == "__main__":
    main()
