"""What blocks the event loop fails a test, if a package does it while it serves a request."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from blockbuster import BlockingError
from testkit.blocking import THIRD_PARTIES

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


def test_a_package_that_blocks_the_event_loop_raises() -> None:
    with pytest.raises(BlockingError, match=r"os\.stat"):
        asyncio.run(awaited(function_in(HTTP)))


def test_without_an_event_loop_and_in_a_thread_it_may_block() -> None:
    assert function_in(HTTP)()
    assert asyncio.run(asyncio.wait_for(_in_a_thread(function_in(HTTP)), 10))


async def _in_a_thread(function: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(function)


def test_a_test_may_block_wherever_it_is_called_from() -> None:
    assert asyncio.run(awaited(called_by(HTTP, lambda: os.stat("."))))


def test_what_is_made_before_programs_serve_may_block_and_responses_may_not() -> None:
    assert asyncio.run(awaited(function_in(SESSIONS, "__init__")))
    with pytest.raises(BlockingError):
        asyncio.run(awaited(function_in(HTTP, "__init__")))


def test_packages_that_serve_no_requests_may_block() -> None:
    assert asyncio.run(awaited(function_in(TESTING)))


@pytest.mark.parametrize(("module", "name"), sorted(THIRD_PARTIES))
def test_a_library_that_is_known_to_block_may_be_called(module: str, name: str) -> None:
    names: dict[str, Any] = {"__name__": module}
    exec(f"def {name}():\n    return __import__('os').stat('.')", names)  # noqa: S102
    assert asyncio.run(awaited(called_by(HTTP, names[name])))
    with pytest.raises(BlockingError):
        asyncio.run(awaited(called_by(HTTP, function_in(HTTP))))


@pytest.mark.parametrize(("module", "name"), sorted(THIRD_PARTIES))
def test_a_library_that_is_known_to_block_has_the_function(module: str, name: str) -> None:
    assert callable(getattr(importlib.import_module(module), name))


def called_by(folder: Path, inner: Callable[[], Any]) -> Callable[[], Any]:
    names: dict[str, Any] = {"inner": inner}
    exec(compile("def serve():\n    return inner()", str(folder / "_part.py"), "exec"), names)  # noqa: S102
    serve: Callable[[], Any] = names["serve"]
    return serve
