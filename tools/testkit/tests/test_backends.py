from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

TEST = """
import asyncio, pytest, sniffio

@pytest.mark.anyio
async def test_where_it_runs():
    loop = type(asyncio.get_running_loop()).__module__ if sniffio.current_async_library() == "asyncio" else "trio"
    print("ran on", loop.partition(".")[0])
"""
ONLY_ASYNCIO = """
import pytest

@pytest.fixture
def anyio_backend(asyncio_backend):
    return asyncio_backend
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a test marked `anyio` with the plugin."""
    pytester.makepyfile(TEST)
    return lambda *options: pytester.runpytest_inprocess("-p", "testkit.plugin", "-p", "no:randomly", "-rP", *options)


def event_loops(result: pytest.RunResult) -> list[str]:
    return [line.removeprefix("ran on ") for line in result.outlines if line.startswith("ran on ")]


def test_a_test_runs_on_asyncio_and_trio(run: Run) -> None:
    result = run()
    assert event_loops(result) == ["asyncio", "trio"]
    result.assert_outcomes(passed=2)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_an_option_adds_uvloop(run: Run) -> None:
    assert event_loops(run("--uvloop")) == ["asyncio", "uvloop", "trio"]


def test_a_package_of_asyncio_runs_on_no_other_event_loop(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(ONLY_ASYNCIO)
    assert event_loops(run()) == ["asyncio"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop for Windows")
def test_an_option_adds_uvloop_to_a_package_of_asyncio(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeconftest(ONLY_ASYNCIO)
    assert event_loops(run("--uvloop")) == ["asyncio", "uvloop"]


def test_the_option_without_uvloop_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    result = run("--uvloop")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--uvloop needs uvloop, which is not installed here"])
