"""Run the own tests of projects built on Starlette or FastAPI on the real Starlette and on the drop-in.

The tests come from each project's source distribution, the project itself from its release. Both runs of a project
share one environment, made by uv in a cache outside the repository; FastAPI programs run with armillary-fastapi on the
drop-in, and the last column counts the routes whose compiled handlers it made. A test that passes with the real
Starlette alone is named. The table is Markdown, as it stands in the documentation.

usage: python integration-tests/third_party/suites.py [--python VERSION] [PROJECT ...]

exit status: 0 if no test passes with the real Starlette and fails with the drop-in.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
CONFORMANCE = HERE.parent / "conformance"
sys.path[:0] = [str(HERE), str(CONFORMANCE)]

from projects import ON_FASTAPI, ON_STARLETTE, ProjectSuite  # noqa: E402
from suite import ROOT, ConformanceResult, SourceDistribution, make_environment, run_tests  # noqa: E402

FRAMEWORKS = ["starlette==1.10.0", "fastapi==0.165.0", "httpx", "httpx2", "python-multipart", "pytest-timeout"]


TOKEN = re.compile(r"[\w-]{43}(?=[-\]])")
"""A token of `secrets` in the name of a test."""

DROP_IN = ("-m", "armillary.starlette", "-q")
MAX_RETRIED = 20


def needed(*roots: str) -> set[str]:
    """Return the names of this checkout's packages that the roots bring, with the extras that are asked for."""
    found, waiting = set[str](), [Requirement(root) for root in roots]
    while waiting:
        requirement = waiting.pop()
        project = ROOT / "packages" / requirement.name.removeprefix("armillary-") / "pyproject.toml"
        if not requirement.name.startswith("armillary-"):
            continue
        found.add(project.parent.name)
        table = tomllib.loads(project.read_text("utf-8"))["project"]
        lines = [*table.get("dependencies", ())]
        lines += [line for extra in requirement.extras for line in table["optional-dependencies"][extra]]
        waiting += [Requirement(line) for line in lines]
    return found


def drop_in() -> list[str]:
    """Return the arguments that install the drop-in and the accelerator, and nothing more of this checkout."""
    names = sorted(needed("armillary-starlette", "armillary-fastapi"))
    return [argument for name in names for argument in ("--editable", str(ROOT / "packages" / name))]


def compiled_routes(counts: Path) -> int:
    """Return how many of FastAPI's routes ran compiled handlers, of what the plugin wrote."""
    lines = counts.read_text("utf-8").splitlines() if counts.exists() else []
    return sum(json.loads(line)["compiled"] for line in lines)


def run_suite(suite: ProjectSuite, *arguments: Any, **options: Any) -> list[ConformanceResult]:
    """Run tests; a token in the name of one is left out if the suite has such."""
    outcomes = run_tests(*arguments, **options)
    if suite.random_names:
        outcomes = [outcome._replace(name=TOKEN.sub("*", outcome.name)) for outcome in outcomes]
    return outcomes


def compare(suite: ProjectSuite, python: str) -> tuple[str, list[str]]:
    """Run a suite on both; return its row of the table and the tests that pass on the real Starlette alone."""
    folder = SourceDistribution(suite.project, suite.version, suite.parts).unpack()
    for file, text in suite.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    requirements = [f"{suite.project}=={suite.version}", *suite.requirements, *FRAMEWORKS, *drop_in()]
    interpreter = make_environment(f"suite-{suite.project}", python, requirements)
    options = ["--timeout=120", "-p", "no:cov", "-p", "no:randomly", "-o", "addopts=", *suite.options]
    real = run_suite(suite, interpreter, folder, [*options, *suite.tests])
    with TemporaryDirectory() as temporary:
        counts = Path(temporary) / "counts"
        environment = {"PYTHONPATH": str(CONFORMANCE / "plugins"), "ARMILLARY_COUNTS": str(counts)}
        ours_options = ["-p", "accelerator_counts", *options]
        ours = run_suite(suite, interpreter, folder, [*ours_options, *suite.tests], environment, launcher=DROP_IN)
        compiled = compiled_routes(counts)
        lost = passes_only_on_the_first(real, ours)
        if 0 < len(lost) <= MAX_RETRIED:
            # Tests with time-outs of their own fail on a busy machine.
            print(f"failed, and their files are run again: {', '.join(lost)}", flush=True)
            files = sorted({str(suite_file(folder, test.partition("::")[0])) for test in lost})
            ours += run_suite(suite, interpreter, folder, [*ours_options, *files], environment, launcher=DROP_IN)
            lost = passes_only_on_the_first(real, ours)
    cells = [outcome_text(side) for side in (real, ours)]
    on = f"{compiled} routes" if compiled else "–"
    return f"| {suite.project} | {suite.version} | {cells[0]} | {cells[1]} | {on} |", lost


def suite_file(folder: Path, name: str) -> Path:
    """Return the file of a test, whose leading `tests/` the result leaves out."""
    return Path("tests", name) if (folder / "tests" / name).exists() else Path(name)


def last_results(outcomes: Iterable[ConformanceResult]) -> dict[str, str]:
    return {outcome.test: outcome.result for outcome in outcomes}


def passes_only_on_the_first(real: Iterable[ConformanceResult], ours: Iterable[ConformanceResult]) -> list[str]:
    own = last_results(ours)
    return [
        test for test, result in sorted(last_results(real).items()) if result == "passed" and own.get(test) != "passed"
    ]


def outcome_text(outcomes: Iterable[ConformanceResult]) -> str:
    counts = Counter(last_results(outcomes).values())
    return f"{counts['passed']} passed" + (f", {counts['failed']} failed" if counts["failed"] else "")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to run on")
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help="such as cadwyn; all by default")
    arguments = parser.parse_args()

    rows, lost = list[str](), list[str]()
    for suite in (*ON_STARLETTE, *ON_FASTAPI):
        if not arguments.projects or suite.project in arguments.projects:
            row, only_real = compare(suite, arguments.python)
            print(row, flush=True)
            rows.append(row)
            lost += [f"{suite.project}: {test}" for test in only_real]
    print("\n| project | version | on the real Starlette | on the drop-in | compiled |\n|" + " --- |" * 5)
    print("\n".join(rows))
    for test in lost:
        print(f"passes with the real Starlette only: {test}")
    return int(bool(lost) or not rows)


if __name__ == "__main__":
    sys.exit(main())
