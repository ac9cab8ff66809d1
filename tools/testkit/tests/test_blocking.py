"""What blocks the event loop fails a test, if a package does it while it serves a request."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from blockbuster import BlockingError
from testkit.blocking import Watch, is_checked

import armillary.http
import armillary.sessions
import armillary.testing

HTTP, SESSIONS, TESTING = (
    Path(str(part.__file__)).parent for part in (armillary.http, armillary.sessions, armillary.testing)
)


def function_in(folder: Path, name: str = "serve") -> Callable[[], Any]:
    """Return a function whose code is in a folder."""
    names: dict[str, Any] = {}
    source = f"def {name}():\n    return __import__('os').stat('.')"
    exec(compile(source, str(folder / "_part.py"), "exec"), names)  # noqa: S102
    found = names[name]
    assert isinstance(found, FunctionType)
    return found


async def awaited(function: Callable[[], Any]) -> Any:
    return function()


@pytest.fixture(autouse=True)
def _watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watch, "is_on", True)


@pytest.mark.parametrize(
    ("file", "checked"),
    [
        ("packages/cors/tests/test_policy.py", True),
        ("packages/tasks/tests/test_worker.py", False),
        ("tools/tests/a.py", False),
    ],
)
def test_the_tests_of_most_packages_are_checked(file: str, checked: bool) -> None:
    assert is_checked(Path("/checkout", file)) is checked


def test_a_package_that_blocks_the_event_loop_raises() -> None:
    with pytest.raises(BlockingError, match=r"os\.stat"):
        asyncio.run(awaited(function_in(HTTP)))


def test_without_an_event_loop_and_in_a_thread_it_may_block() -> None:
    assert function_in(HTTP)()
    assert asyncio.run(asyncio.wait_for(_in_a_thread(function_in(HTTP)), 10))


async def _in_a_thread(function: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(function)


def test_a_test_may_block_wherever_it_is_called_from() -> None:
    names: dict[str, Any] = {"inner": lambda: os.stat(".")}
    exec(compile("def serve():\n    return inner()", str(HTTP / "_part.py"), "exec"), names)  # noqa: S102
    assert asyncio.run(awaited(names["serve"]))


def test_what_is_made_before_programs_serve_may_block_and_responses_may_not() -> None:
    assert asyncio.run(awaited(function_in(SESSIONS, "__init__")))
    with pytest.raises(BlockingError):
        asyncio.run(awaited(function_in(HTTP, "__init__")))


def test_packages_that_serve_no_requests_may_block() -> None:
    assert asyncio.run(awaited(function_in(TESTING)))
