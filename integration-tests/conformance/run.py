"""Run Starlette's own tests against the drop-in and count what passes, file by file.

The source distribution comes from the package index into a cache outside the repository; only its
tests are unpacked. They run in an environment of their own, made by uv from this checkout's
packages and the tests' requirements.

usage: python integration-tests/conformance/run.py [--python VERSION] [--real] [--floor PERCENT]
                                                   [--only FILE ...] [-- PYTEST_OPTION ...]

exit status: 0 where every test passes that is not listed in known.md, or where --floor holds.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

VERSION = "1.10.0"
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "asterism" / "conformance"
UV = os.environ.get("UV", "uv")

REQUIREMENTS = [
    "pytest>=9.1",
    "trio>=0.34",
    "httpx>=0.28,<0.29",
    "httpx2[zstd]>=2",
    "itsdangerous>=2.2",
    "jinja2>=3.1",
    "python-multipart>=0.0.20",
    "pyyaml>=6",
    "opentelemetry-sdk>=1.44",
    "importlib-metadata>=9",
    "blockbuster>=1.5.23",
]

CONFIGURATION = """\
[pytest]
addopts = -rXs --strict-markers
xfail_strict = true
filterwarnings =
    error
    ignore: run_until_first_complete is deprecated and will be removed in a future version.
    ignore: starlette.middleware.wsgi is deprecated and will be removed in a future release.*
    ignore: Use 'content=<...>' to upload raw bytes/text content.:DeprecationWarning
    ignore: Using `httpx` with `starlette.testclient` is deprecated.*
"""


class Outcome(NamedTuple):
    """One test's result: "passed", "failed" or "skipped" (expected failures count as skipped)."""

    file: str
    name: str
    result: str


def unpack_tests() -> Path:
    """Return the folder holding `tests/`, downloading the source distribution where it is missing."""
    folder = CACHE / f"starlette-{VERSION}"
    if (folder / "tests").is_dir():
        return folder
    CACHE.mkdir(parents=True, exist_ok=True)
    archive = CACHE / f"starlette-{VERSION}.tar.gz"
    if not archive.exists():
        download = [UV, "tool", "run", "--quiet", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*download, "--dest", str(CACHE), f"starlette=={VERSION}"], check=True)
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if f"starlette-{VERSION}/tests/" in member.name]
        tar.extractall(CACHE, members=members, filter="data")
    (folder / "pytest.ini").write_text(CONFIGURATION)
    return folder


def make_environment(python: str, real: bool) -> Path:
    """Return the interpreter of an environment holding the tests' requirements and what they test."""
    label = re.sub(r"\W+", "-", python).strip("-")
    venv = CACHE / f"venv-{'real' if real else 'ours'}-{label}"
    interpreter = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not interpreter.exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([UV, "venv", "--quiet", "--python", python, str(venv)], check=True)
    tested = [f"starlette=={VERSION}"] if real else packages()
    subprocess.run([UV, "pip", "install", "--quiet", "--python", str(interpreter), *REQUIREMENTS, *tested], check=True)
    return interpreter


def packages() -> list[str]:
    arguments: list[str] = []
    for project in sorted(ROOT.glob("packages/*/pyproject.toml")):
        if (project.parent / "src").is_dir():
            arguments += ["--editable", str(project.parent)]
    return arguments


def run_tests(interpreter: Path, folder: Path, files: list[str], real: bool, options: list[str]) -> list[Outcome]:
    report = CACHE / f"report-{'real' if real else 'ours'}.xml"
    report.unlink(missing_ok=True)
    plugin = [] if real else ["-p", "asterism.starlette.pytest_plugin"]
    chosen = [f"tests/{name}" for name in files] or ["tests"]
    command = [str(interpreter), "-m", "pytest", *plugin, "-p", "no:cacheprovider", "-q", "--tb=short"]
    command += [f"--junit-xml={report}", "-o", "junit_family=xunit1", *options, *chosen]
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    subprocess.run(command, cwd=folder, env=environ, check=False)
    if not report.exists():
        raise SystemExit("the test run ended before it wrote a report; its output above says why")
    return [read_outcome(case) for case in ElementTree.parse(report).getroot().iter("testcase")]


def read_outcome(case: ElementTree.Element) -> Outcome:
    file = case.get("file") or (case.get("classname") or case.get("name") or "").replace(".", "/") + ".py"
    result = "passed"
    for child in case:
        if child.tag in ("failure", "error"):
            result = "failed"
        elif child.tag == "skipped" and result == "passed":
            result = "skipped"
    return Outcome(file.removeprefix("tests/"), case.get("name") or "", result)


def known_failures() -> set[str]:
    """Return the tests listed in known.md, as `file::name`."""
    return set(re.findall(r"^- `([^`]+)`", (HERE / "known.md").read_text(encoding="utf-8"), re.MULTILINE))


def print_table(outcomes: list[Outcome]) -> None:
    by_file: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        by_file[outcome.file][outcome.result] += 1
    by_file["all"] = Counter(outcome.result for outcome in outcomes)
    print(f"\n{'file':36}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for file, counts in by_file.items():
        print(f"{file:36}{counts['passed']:>8}{counts['failed']:>8}{counts['skipped']:>9}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to test on")
    parser.add_argument("--real", action="store_true", help="test the real Starlette, for comparison")
    parser.add_argument("--floor", type=float, help="lowest share of passing tests, in percent, that exits with 0")
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="such as test_routing.py")
    parser.add_argument("options", nargs="*", help="passed on to pytest, after --")
    arguments = parser.parse_args()

    outcomes = run_tests(
        make_environment(arguments.python, arguments.real),
        unpack_tests(),
        arguments.only,
        arguments.real,
        arguments.options,
    )
    print_table(outcomes)
    failed = {f"{outcome.file}::{outcome.name}" for outcome in outcomes if outcome.result == "failed"}
    passed = sum(outcome.result == "passed" for outcome in outcomes)
    share = 100 * passed / max(1, passed + len(failed))
    unexpected = sorted(failed - known_failures())
    for name in unexpected:
        print(f"not in known.md: {name}")
    print(f"{passed} passed, {len(failed)} failed ({share:.1f} % pass; {len(failed) - len(unexpected)} known)")
    if not outcomes:
        return 1
    return int(share < arguments.floor) if arguments.floor is not None else int(bool(unexpected))


if __name__ == "__main__":
    sys.exit(main())
