"""Calls that block the event loop of asyncio are errors in the tests of a package, if a package makes them.

Facts
-----
- Blockbuster puts a check into `open`, `os.stat`, `time.sleep`, blocking sockets and the like: called while an
  event loop of asyncio runs in this thread, they raise `BlockingError`.
- It is ours only if the nearest frame that is not a library's is one of a package. What a test does by itself may
  block, wherever it is called from, as may imports, log handlers, loaders of templates and those packages that serve
  no requests.
- Stores, middleware and folders of static files are made where a program starts, and may look at files then; requests
  and responses may not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from inspect import currentframe
from pathlib import Path
from types import FrameType
from typing import Any

from blockbuster import BlockBuster

NOT_CHECKED = {
    "channels",
    "cli",
    "fastapi",
    "graphql",
    "idempotency",
    "lint",
    "sqlalchemy",
    "starlette",
    "starlette-auto",
    "tasks",
    "testing",
}
"""Packages in whose tests libraries block that are not ours, and those that keep what others do."""
SERVE_NO_REQUESTS = ("cli", "lint", "testing")
MAY_BLOCK = frozenset({"importlib._bootstrap", "inspect", "jinja2.loaders", "linecache", "logging", "traceback"})
SAY_SO = frozenset({"version"})
"""Functions that are documented to block."""
NOT_LOOKED_FOR = ("threading.Lock.acquire", "threading.Lock.acquire_lock", "os.path.abspath", "os.getcwd")
"""Locks are held for moments, so which test meets one is chance; a path is made absolute without a look at the disk."""
MADE_FOR_A_REQUEST = "http"
LIBRARIES = ("<", f"{Path(os.__file__).parent}/")


class Watch:
    """Whether the test that runs is of a package in which calls that block are errors."""

    is_on = False


def is_checked(test: Path) -> bool:
    """Return whether calls that block are errors in a test, by its file."""
    above = test.parts[:-1]
    return "packages" in above and above[above.index("packages") + 1] not in NOT_CHECKED and above[-1] == "tests"


def is_ours(frame: FrameType | None, folders: tuple[str, ...]) -> bool:
    """Return whether a call is made by a package that serves a request.

    Args:
        frame: the innermost frame.
        folders: where the packages are.
    """
    while frame is not None:
        if frame.f_globals.get("__name__") in MAY_BLOCK:
            return False
        file = frame.f_code.co_filename
        folder = next((folder for folder in folders if file.startswith(folder)), None)
        if folder is not None:
            return not _may_block(frame, file[len(folder) :].partition("/")[0])
        if not file.startswith(LIBRARIES) and "/site-packages/" not in file:
            return False
        frame = frame.f_back
    return False


def _may_block(frame: FrameType | None, package: str) -> bool:
    """Return whether a frame of a package serves no request: it, or what calls it there, makes an object."""
    if package in SERVE_NO_REQUESTS:
        return True
    while package != MADE_FOR_A_REQUEST and frame is not None and f"/armillary/{package}/" in frame.f_code.co_filename:
        if frame.f_code.co_name == "__init__" or frame.f_code.co_name in SAY_SO:
            return True
        frame = frame.f_back
    return False


@contextmanager
def blocking_calls_are_errors() -> Generator[None]:
    """Let a call of a package that blocks the event loop of asyncio raise `BlockingError`."""
    folders = tuple(f"{path}/" for path in import_module("armillary").__path__)

    def may_block(before: Callable[..., bool]) -> Callable[..., bool]:
        def predicate(*args: Any, **kwargs: Any) -> bool:
            frame = currentframe() if Watch.is_on else None
            return before(*args, **kwargs) or frame is None or not is_ours(frame.f_back, folders)

        return predicate

    buster: Any = BlockBuster()
    for name in NOT_LOOKED_FOR:
        del buster.functions[name]
    for function in buster.functions.values():
        function.can_block_predicate = may_block(function.can_block_predicate)
    buster.activate()
    try:
        yield
    finally:
        buster.deactivate()
