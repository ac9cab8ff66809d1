"""Run Starlette's own tests against the drop-in and count what passes, file by file.

The source distribution comes from the package index into a cache outside the repository; only its
tests are unpacked. They run in their own environment, made by uv from this checkout's
packages and the tests' requirements.

usage: python integration-tests/conformance/run.py [--python VERSION] [--real] [--floor PERCENT]
                                                   [--only FILE ...] [-- PYTEST_OPTION ...]
       python integration-tests/conformance/run.py --suite fastapi [OPTION ...]

exit status: 0 if every test passes that is not listed in known.md, or if --floor is reached.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import fastapi
from suite import (
    HERE,
    PLUGIN,
    ConformanceResult,
    SourceDistribution,
    make_environment,
    own_packages,
    run_tests,
    runs_as_root,
)

TESTS = SourceDistribution("starlette", "1.10.0", ("tests",))

REQUIREMENTS = [
    "pytest>=9.1",
    "trio>=0.34",
    "httpx>=0.28,<0.29",
    "httpx2[zstd]>=2",
    "itsdangerous>=2.2",
    "jinja2>=3.1",
    "python-multipart>=0.0.20",
    "pyyaml>=6",
    "opentelemetry-sdk>=1.44.0",
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

NOT_FOR_ROOT = frozenset(
    f"test_staticfiles.py::test_staticfiles_with_invalid_dir_permissions_returns_401[{backend}]"
    for backend in ("asyncio", "trio")
)
"""Tests of a directory without permission to enter it: root may enter it anyway."""


def known_failures() -> set[str]:
    """Return the tests listed in known.md, as `file::name`."""
    return set(re.findall(r"^- `([^`]+)`", (HERE / "known.md").read_text(encoding="utf-8"), re.MULTILINE))


def set_aside_for_root(outcomes: list[ConformanceResult]) -> list[ConformanceResult]:
    """Return the outcomes that count, and print those that do not: tests that only apply to other users."""
    if not runs_as_root():
        return outcomes
    for outcome in outcomes:
        if outcome.test in NOT_FOR_ROOT:
            print(f"not counted, as it cannot pass for root with any Starlette: {outcome.test} ({outcome.result})")
    return [outcome for outcome in outcomes if outcome.test not in NOT_FOR_ROOT]


def print_table(outcomes: list[ConformanceResult]) -> None:
    by_file: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        by_file[outcome.file][outcome.result] += 1
    by_file["all"] = Counter(outcome.result for outcome in outcomes)
    print(f"\n{'file':36}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for file, counts in by_file.items():
        print(f"{file:36}{counts['passed']:>8}{counts['failed']:>8}{counts['skipped']:>9}")


def run(arguments: argparse.Namespace) -> list[ConformanceResult]:
    folder = TESTS.unpack()
    Path(folder / "pytest.ini").write_text(CONFIGURATION, encoding="utf-8")
    tested = [f"starlette=={TESTS.version}"] if arguments.real else own_packages()
    label = "real" if arguments.real else "ours"
    interpreter = make_environment(label, arguments.python, [*REQUIREMENTS, *tested])
    chosen = [f"tests/{name}" for name in arguments.only] or ["tests"]
    plugin = () if arguments.real else PLUGIN
    return run_tests(interpreter, folder, [*plugin, *arguments.options, *chosen])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to test on")
    parser.add_argument("--real", action="store_true", help="test the real Starlette, for comparison")
    parser.add_argument("--floor", type=float, help="lowest share of passing tests, in percent, that exits with 0")
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="such as test_routing.py")
    parser.add_argument("options", nargs="*", help="passed on to pytest, after --")
    arguments = parser.parse_args()

    outcomes = run(arguments)
    print_table(outcomes)
    outcomes = set_aside_for_root(outcomes)
    failed = {outcome.test for outcome in outcomes if outcome.result == "failed"}
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
    if sys.argv[1:3] == ["--suite", "fastapi"]:
        sys.exit(fastapi.main(sys.argv[3:]))
    sys.exit(main())
