"""Run the own tests of projects built on Starlette or FastAPI on the real Starlette and on the drop-in.

The tests come from each project's source distribution, the project itself from its release. Both runs of a project
share one environment, made by uv in a cache outside the repository; FastAPI programs run with armillary-fastapi on the
drop-in. A test that passes with the real Starlette alone is named. The table is Markdown, as it stands in the
documentation.

usage: python integration-tests/third_party/suites.py [--python VERSION] [PROJECT ...]

exit status: 0 if no test passes with the real Starlette and fails with the drop-in.
"""

# ruff: noqa: T201

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))

from suite import (  # noqa: E402
    PLUGIN,
    ConformanceResult,
    SourceDistribution,
    make_environment,
    own_packages,
    run_tests,
)

FRAMEWORKS = ["starlette==1.10.0", "fastapi==0.165.0", "httpx", "httpx2", "python-multipart", "pytest-timeout"]


@dataclass(frozen=True)
class ProjectSuite:
    """The tests of a project.

    Attributes:
        project: its name, as its source distribution is called.
        version: the release.
        requirements: what its tests need beside it.
        tests: the files or folders to run.
        parts: what is unpacked for them.
        options: for pytest.
        files: what the tests read and the source distribution leaves out.
    """

    project: str
    version: str
    requirements: tuple[str, ...] = ()
    tests: tuple[str, ...] = ("tests",)
    parts: tuple[str, ...] = ("tests", "pyproject.toml")
    options: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


ASYNCIO = ("pytest-asyncio", "asgi-lifespan")

SUITES = [
    ProjectSuite(
        "cadwyn",
        "9.0.0",
        (
            *("cadwyn[standard]", "svcs~=24.1", "pytest-fixture-classes", "dirty-equals", "inline-snapshot"),
            *("pydantic-settings", "sqlalchemy", "sqlmodel", "fastapi-pagination", "better-devtools", "pytest-sugar"),
            *("uvicorn", "pytest>=9,<9.1"),
        ),
        parts=("tests", "docs_src", "docs", "pyproject.toml"),
    ),
    ProjectSuite(
        "responder",
        "9.2.0",
        (
            *("responder[graphql,jwt]", "cryptography", "fakeredis", "flask", "openapi-spec-validator", "pytest-mock"),
            *("pytest-rerunfailures", "pytest-cov", "pueblo[sfa-full]>=0.0.11", "uvicorn", "mypy"),
        ),
        parts=("tests", "examples", "docs", "README.md", "pyproject.toml"),
    ),
    ProjectSuite(
        "sentry_sdk",
        "2.75.0",
        (*ASYNCIO, "pytest-forked", "jsonschema", "pytest-localserver", "pytest-watch", "responses", "requests"),
        tuple(f"tests/integrations/{name}" for name in ("starlette", "fastapi", "asgi")),
    ),
    ProjectSuite("sse_starlette", "3.7.0", (*ASYNCIO, "uvicorn", "portend", "psutil", "tenacity", "testcontainers")),
    ProjectSuite(
        "starlette_exporter", "0.24.0", ("requests", "aiofiles"), parts=("tests",), files=("tests/static/test.txt",)
    ),
]
"""The suites, by project; of sentry-sdk the integrations for Starlette, FastAPI and ASGI."""


def drop_in() -> list[str]:
    """Return the arguments that install the drop-in: all packages but one, whose library others want older."""
    paths = [path for path in own_packages() if path != "--editable" and Path(path).name != "graphql"]
    return [argument for path in paths for argument in ("--editable", path)]


def compared(suite: ProjectSuite, python: str) -> tuple[list[ConformanceResult], list[ConformanceResult]]:
    """Return the results on the real Starlette and on the drop-in."""
    folder = SourceDistribution(suite.project, suite.version, suite.parts).unpack()
    for file in suite.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("text\n", encoding="utf-8")
    requirements = [f"{suite.project}=={suite.version}", *suite.requirements, *FRAMEWORKS, *drop_in()]
    interpreter = make_environment(f"suite-{suite.project}", python, requirements)
    options = ["--timeout=120", "-p", "no:cov", "-o", "addopts=", *suite.options, *suite.tests]
    real = run_tests(interpreter, folder, options)
    return real, run_tests(interpreter, folder, [*PLUGIN, *options])


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", default=sys.executable, help="version or path of the interpreter to run on")
    parser.add_argument("projects", nargs="*", metavar="PROJECT", help="such as cadwyn; all by default")
    arguments = parser.parse_args()

    rows, lost = list[str](), list[str]()
    for suite in SUITES:
        if arguments.projects and suite.project not in arguments.projects:
            continue
        real, ours = compared(suite, arguments.python)
        counts = [Counter(outcome.result for outcome in side) for side in (real, ours)]
        passed = {outcome.test for outcome in ours if outcome.result == "passed"}
        lost += [
            f"{suite.project}: {each.test}" for each in real if each.result == "passed" and each.test not in passed
        ]
        cells = [f"{count['passed']} passed, {count['failed']} failed" for count in counts]
        rows.append(f"| {suite.project} | {suite.version} | {cells[0]} | {cells[1]} |")
    print("| project | version | on the real Starlette | on the drop-in |\n| --- | --- | --- | --- |")
    print("\n".join(rows))
    for test in lost:
        print(f"passes with the real Starlette only: {test}")
    return int(bool(lost))


if __name__ == "__main__":
    sys.exit(main())
