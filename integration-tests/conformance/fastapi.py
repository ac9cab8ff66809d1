"""Run FastAPI's own tests on the real Starlette and on the drop-in, and compare them test by test.

On the drop-in they run twice: with armillary-fastapi, whose share of compiled routes is printed, and without it.

The source distribution comes from the package index into a cache outside the repository; its tests and what they
import are unpacked, FastAPI itself comes from its wheel. Each side runs in its own environment with everything
that FastAPI's development group `tests` asks for. The result on the real Starlette is kept in the cache.

usage: python integration-tests/conformance/fastapi.py [--python VERSION] [--sample N] [--fresh] [--jobs N]
                                                       [--only FILE ...] [-- PYTEST_OPTION ...]

exit status: 0 if no test passes with the real Starlette and fails with the drop-in, and enough routes were compiled.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from suite import HERE, PLUGIN, ConformanceResult, SourceDistribution, make_environment, own_packages, run_tests

STARLETTE = "1.10.0"
PARTS = ("pyproject.toml", "README.md", "tests", "docs_src", "scripts", "docs")
MAX_RETRIED = 20
LOWEST_SHARE = 0.85
"""The share of routes that have to run compiled handlers, at least."""
OPTIONS = (
    *("-p", "no:sugar"),
    # It rewrites assertions that failed, which ends the worker on Python 3.11.
    *("-p", "no:pytest_logfire"),
    # FastAPI's 20 seconds run out on a busy machine, and where they do between two tests they end the worker.
    "--timeout=300",
)
TESTS = SourceDistribution("fastapi", "0.165.0", PARTS)


def requirements() -> list[str]:
    """Return what both environments hold; the development group is read from the distribution itself."""
    group = f"{TESTS.unpack() / 'pyproject.toml'}:tests"
    # The tests of its deprecated response classes skip without these two.
    encoders = ["orjson", "ujson"]
    return ["--group", group, f"fastapi[all]=={TESTS.version}", f"starlette=={STARLETTE}", *encoders]


def sampled_files(step: int) -> list[str]:
    """Return every `step`-th test file, the same ones each time."""
    folder = TESTS.unpack()
    files = sorted(path.relative_to(folder).as_posix() for path in folder.glob("tests/**/test_*.py"))
    return files[::step]


def run_real(python: str, files: Sequence[str], options: Sequence[str]) -> list[ConformanceResult]:
    interpreter = make_environment("fastapi-real", python, requirements())
    return run_tests(interpreter, TESTS.unpack(), [*options, *files])


def run_ours(
    python: str, files: Sequence[str], options: Sequence[str], *, accelerated: bool, counts: Path
) -> list[ConformanceResult]:
    """Run tests on the drop-in; with the accelerator, each process writes its counts into a file."""
    interpreter = make_environment("fastapi-ours", python, [*requirements(), *own_packages()])
    environment = {"ARMILLARY_FASTAPI": "0"}
    plugins = [*PLUGIN]
    if accelerated:
        environment = {"PYTHONPATH": str(HERE / "plugins"), "ARMILLARY_COUNTS": str(counts)}
        plugins += ["-p", "accelerator_counts"]
    return run_tests(interpreter, TESTS.unpack(), [*plugins, *options, *files], environment)


def compare_ours(
    python: str, files: Sequence[str], options: Sequence[str], real: Sequence[ConformanceResult], *, accelerated: bool
) -> bool:
    """Run the tests on the drop-in, print how they compare with the real Starlette, and return whether they pass."""
    with TemporaryDirectory() as folder:
        counts = Path(folder) / "counts"
        ours = run_ours(python, files, options, accelerated=accelerated, counts=counts)
        share = print_share(counts) if accelerated else None
        lost = only_real(real, ours)
        if 0 < len(lost) <= MAX_RETRIED:
            # A test that starts interpreters runs into its own time-out if the machine is busy.
            for test in lost:
                print(f"failed, and is run again alone: {test}")
            again = [f"tests/{test}" for test in lost]
            ours += run_ours(python, again, OPTIONS, accelerated=accelerated, counts=counts)
            lost = only_real(real, ours)
    print_counts("drop-in, faster" if accelerated else "drop-in", results(ours))
    for test in lost:
        print(f"passes with the real Starlette only: {test}")
    print(f"{len(lost)} tests pass with the real Starlette {STARLETTE} and fail with the drop-in")
    is_enough = share is None or share >= LOWEST_SHARE
    return is_enough and not lost and any(outcome.result == "passed" for outcome in ours)


def print_share(counts: Path) -> float:
    """Print how many routes ran compiled handlers and why the others did not, and return the share that did."""
    compiled, kept = 0, Counter[str]()
    for line in counts.read_text("utf-8").splitlines() if counts.exists() else ():
        found = json.loads(line)
        compiled += found["compiled"]
        kept.update(found["kept"])
    total = compiled + kept.total()
    share = compiled / total if total else 0.0
    print(f"{compiled} of {total} routes were compiled, {100 * share:.1f} % (at least {100 * LOWEST_SHARE:.0f} %)")
    for reason, number in sorted(kept.items()):
        print(f"{number:>8} routes kept FastAPI's handler: {reason}")
    return share


def kept_real(python: str, files: Sequence[str], options: Sequence[str], *, fresh: bool) -> list[ConformanceResult]:
    """Return the result on the real Starlette: the cached one, if the same tests ran on the same Python before."""
    interpreter = make_environment("fastapi-real", python, requirements())
    kept = interpreter.parent.parent / "outcomes.json"
    key = json.dumps([list(files), list(options)])
    runs = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    if fresh or key not in runs:
        runs[key] = run_real(python, files, options)
        kept.write_text(json.dumps(runs), encoding="utf-8")
    return [ConformanceResult(*outcome) for outcome in runs[key]]


def results(outcomes: Iterable[ConformanceResult]) -> dict[str, str]:
    """Return the last result of each test."""
    return {outcome.test: outcome.result for outcome in outcomes}


def only_real(real: Iterable[ConformanceResult], ours: Iterable[ConformanceResult]) -> list[str]:
    """Return the tests that pass with the real Starlette and not with ours."""
    own = results(ours)
    return [test for test, result in sorted(results(real).items()) if result == "passed" and own.get(test) != "passed"]


def print_counts(label: str, outcomes: Mapping[str, str]) -> None:
    counts = Counter(outcomes.values())
    passed, failed, skipped = (counts[result] for result in ("passed", "failed", "skipped"))
    print(f"{label:16}{passed:>8} passed{failed:>6} failed{skipped:>6} skipped or xfailed")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to test on")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="run every N-th test file only")
    parser.add_argument("--fresh", action="store_true", help="run on the real Starlette even if a result is cached")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="worker processes; 0 for none"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="such as tests/test_ws_router.py")
    parser.add_argument("options", nargs="*", help="passed on to pytest, after --")
    arguments = parser.parse_args(argv)

    options = [*OPTIONS, *arguments.options]
    if arguments.jobs:
        options += ["-n", str(arguments.jobs)]
    files = arguments.only or (sampled_files(arguments.sample) if arguments.sample > 1 else ["tests"])
    real = kept_real(arguments.python, files, options, fresh=arguments.fresh)
    print_counts("real Starlette", results(real))
    passed = [compare_ours(arguments.python, files, options, real, accelerated=on) for on in (True, False)]
    return int(not all(passed))


if __name__ == "__main__":
    sys.exit(main())
